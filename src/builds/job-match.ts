import { createdAt } from '../ims/created.ts'
import { stageOf } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import { differingSettings } from './job-settings.ts'
import type { ImageSpec } from './image-spec.ts'

/** What a job has to agree with to be that of an order. */
export interface JobOfOrder {
  readonly order: ImageSpec
  /** The id of its recipe or image; undefined where that isn't known. */
  readonly source: string | undefined
  /** The ids of the user's key in the service. */
  readonly keys: ReadonlySet<string>
}

/** Whether a job makes the image of an order, from the same source and for the same user; its settings may differ. */
export function makesImageOf(job: Job, { order, source, keys }: JobOfOrder): boolean {
  return (
    job.job_type === order.job_type &&
    job.artifact_id === source &&
    job.image_root_archive_name === order.name &&
    keys.has(job.public_key_id)
  )
}

/** Whether a job makes the image of an order, from the same source, for whomever. */
export const makesImageFor = (job: Job, wanted: JobOfOrder): boolean => makesImageOf(job, { ...wanted, keys: new Set([job.public_key_id]) })

/**
 * Whether a job makes exactly what an order asks for: for its user, or for somebody else, whose build can be followed to its
 * image but is not ours to finish. A customisation for somebody else may make anything.
 */
export function matchOf(job: Job, wanted: JobOfOrder): 'own' | 'foreign' | undefined {
  if (differingSettings(wanted.order, job).length > 0) return undefined
  if (makesImageOf(job, wanted)) return 'own'
  return job.job_type === 'create' && makesImageFor(job, wanted) ? 'foreign' : undefined
}

/** Whether a job may still make an image: a build that waits on its user has failed. */
export const mayMakeImage = (job: Job): boolean =>
  stageOf(job) === 'running' || (stageOf(job) === 'waiting' && job.job_type === 'customize')

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
