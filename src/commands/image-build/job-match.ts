import { createdAt } from '../../ims/created.ts'
import type { Job } from '../../ims/records.ts'
import { differingSettings } from './job-settings.ts'
import type { ImageOrder } from './order.ts'

/** What a job has to agree with to be that of an order. */
export interface JobOfOrder {
  readonly order: ImageOrder
  /** The id of its recipe or image; undefined where that isn't known. */
  readonly source: string | undefined
  /** The ids of the user's key in the service. */
  readonly keys: ReadonlySet<string>
}

/** Whether a job makes the image of an order, from the same source and for the same user; its settings may differ. */
export function makesImageOf(job: Job, { order, source, keys }: JobOfOrder): boolean {
  return job.job_type === order.job_type && job.artifact_id === source && job.image_root_archive_name === order.name && keys.has(job.public_key_id)
}

/** By how much the clocks of service and client may differ, in milliseconds. */
const clockSkew = 60_000

/** Whether a job was created at a time, in milliseconds since 1970, or later. */
export function isSince(job: Job, time: number | undefined): boolean {
  return time === undefined || createdAt(job) >= time - clockSkew
}

/**
 * Whether a job is the one that an order asked for.
 *
 * @param attempted when it was asked for, in milliseconds since 1970: an older job is another one.
 */
export function isJobOf(job: Job, wanted: JobOfOrder, attempted: number | undefined): boolean {
  return isSince(job, attempted) && makesImageOf(job, wanted) && differingSettings(wanted.order, job).length === 0
}
