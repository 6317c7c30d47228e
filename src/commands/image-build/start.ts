import { readRecord } from '../../ims/read-record.ts'
import type { Job } from '../../ims/records.ts'
import { listJobs, readJob, type JobRecord } from '../job/reference.ts'
import { listRecords } from './catalogue.ts'
import type { Making } from './making.ts'
import { makeOnce } from './outlast.ts'
import { jobRequest, keyRequest, type Plan } from './plan.ts'
import { sameKeys } from './public-key.ts'

/**
 * Creates a plan's job.
 *
 * @param known ids of the jobs that were there before: what is found besides them after a lost answer is ours.
 */
export function startJob(making: Making, plan: Plan, keyId: string, known: ReadonlySet<string>, debug: boolean): Promise<JobRecord> {
  const { api, progress } = making
  const request = jobRequest(plan, keyId, debug)
  if (progress.live) progress.now(`creating the job of ${plan.order.name}`)
  const isOurs = (job: Job) => !known.has(job.id) && job.public_key_id === keyId && job.artifact_id === plan.source.id && job.image_root_archive_name === plan.order.name
  return makeOnce(
    making,
    async () => readJob(await api.send(request), 'job'),
    async () => (await listJobs(api)).find(({ job }) => isOurs(job)),
  )
}

/** The id of a plan's key in the service, where it is uploaded if it isn't there. */
export async function ensureKey(making: Making, plan: Plan): Promise<string> {
  if (plan.keyId !== undefined) return plan.keyId
  const { api, progress } = making
  const read = async () => sameKeys((await listRecords(api, 'public key')).records, plan.key)[0]
  const record = await makeOnce(making, async () => readRecord('public key', await api.send(keyRequest(plan))).data, read)
  progress.line(`Key ${plan.key.shown} uploaded as "${record.name}"`)
  return record.id
}
