import { readRecord } from '../../ims/read-record.ts'
import type { PublicKey } from '../../ims/records.ts'
import { recordOf, listJobs, readJob, type JobRecord } from '../job/reference.ts'
import { listRecords } from './catalogue.ts'
import { createOnce } from './create-once.ts'
import { isJobOf } from './job-match.ts'
import type { Making } from './making.ts'
import { jobRequest, keyRequest, type Plan } from './plan.ts'
import { usableKeys } from './public-key.ts'

/**
 * Creates a plan's job.
 *
 * @param known ids of the jobs that were there before.
 */
export async function startJob(making: Making, plan: Plan, keyId: string, known: ReadonlySet<string>, debug: boolean): Promise<JobRecord> {
  const { app, api, progress } = making
  const { order, source } = plan
  if (progress.live) progress.now(`creating the job of ${order.name}`)
  const attempted = app.io.now()
  const wanted = { order, source: source.id, keys: new Set([keyId]) }
  const records = new Map<string, JobRecord>()
  const job = await createOnce(making, {
    what: `job of image ${order.name}`,
    kind: 'jobs',
    request: jobRequest(plan, keyId, debug),
    read: (answer) => keep(readJob(answer)).job,
    find: async () => (await listJobs(api)).filter(({ job }) => !known.has(job.id) && isJobOf(job, wanted, attempted)).map((one) => keep(one).job),
  })
  return records.get(job.id) ?? recordOf(job)

  function keep(one: JobRecord): JobRecord {
    records.set(one.job.id, one)
    return one
  }
}

/** The id of a plan's key in the service, where it is uploaded if it isn't there. */
export async function ensureKey(making: Making, plan: Plan): Promise<string> {
  if (plan.keyId !== undefined) return plan.keyId
  const { api, progress } = making
  const record: PublicKey = await createOnce(making, {
    what: `public key ${plan.key.name}`,
    kind: 'public-keys',
    request: keyRequest(plan),
    read: (answer) => readRecord('public key', answer).data,
    find: async () => usableKeys((await listRecords(api, 'public key')).records, plan.key),
  })
  progress.line(`Key ${plan.key.shown} uploaded as "${record.name}"`)
  return record.id
}
