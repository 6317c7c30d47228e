import { CliError, usageError } from '../errors.ts'
import { encodeSegment, type Api } from '../ims/api.ts'
import { stageOf } from '../ims/job-status.ts'
import { isUuid } from '../ims/names.ts'
import { readRecord, readRecords, sourceOf, type OddRecord } from '../ims/read-record.ts'
import type { Job } from '../ims/records.ts'
import { isNear, shortestPrefix } from '../ims/reference.ts'
import type { Value } from '../json/value.ts'
import { jobs } from '../definitions/records.ts'

/** A job as the service sent it: typed for us, and as it is printed. */
export interface JobRecord {
  job: Job
  record: Value
}

/**
 * A job's record, checked.
 *
 * @throws CliError for one that can't be used.
 */
export function readJob(value: Value | undefined, asked?: string): JobRecord {
  const { data: job, value: record } = readRecord('job', value, asked)
  return { job, record }
}

/** The record of a job that was read before. */
export const recordOf = (job: Job): JobRecord => ({ job, record: sourceOf(job) })

/** The id as people say it: its first block. */
export function shortId(id: string): string {
  return id.length > 8 ? `${id.slice(0, 8)}…` : id
}

/**
 * The jobs that the user means: by id, by its unique beginning of 4 characters or more, or by the name of the image
 * of exactly one unfinished job. Whole ids cost no list.
 *
 * @throws CliError that lists the candidates where none or several fit; ServerError where an id is unknown.
 */
export async function findJobs(api: Api, wanted: readonly string[]): Promise<JobRecord[]> {
  if (wanted.length === 1 && isUuid(wanted[0]!)) return [await describeJob(api, wanted[0]!)]
  const { jobs: all, odd } = await readJobs(api)
  return wanted.map((reference) => pick(all, odd, reference))
}

/** One job, by its whole id. */
export async function describeJob(api: Api, id: string): Promise<JobRecord> {
  return readJob(await api.send({ method: 'GET', path: `${jobs.path}/${encodeSegment(id, 'JOB')}`, next: ['jobs', 'list'] }), `job ${id}`)
}

/** All jobs, old ones included: the service has no filter. Those whose records can't be used are apart. */
export async function readJobs(api: Api): Promise<{ jobs: JobRecord[]; odd: OddRecord[] }> {
  const { records, odd } = readRecords('job', await api.send({ method: 'GET', path: jobs.path }))
  return { jobs: records.map(({ data: job, value: record }) => ({ job, record })), odd }
}

/** All jobs whose records can be used. */
export async function listJobs(api: Api): Promise<JobRecord[]> {
  return (await readJobs(api)).jobs
}

function pick(all: readonly JobRecord[], odd: readonly OddRecord[], reference: string): JobRecord {
  if (reference === '') throw usageError("Invalid value for 'JOB': an empty text is no job.")
  const unfinished = all.filter(({ job }) => ['running', 'waiting'].includes(stageOf(job)))
  const exact = all.filter(({ job }) => job.id === reference)
  const named = unfinished.filter(({ job }) => job.image_root_archive_name === reference)
  const begun = reference.length >= shortestPrefix ? all.filter(({ job }) => job.id.startsWith(reference)) : []
  const found = exact.length > 0 ? exact : [...new Set([...named, ...begun])]
  if (found.length === 1) return found[0]!
  if (found.length > 1) throw new CliError(`${reference} is more than one job`, { more: found.map(candidate), next: 'name one by its id' })
  const unusable = odd.find(({ id, name }) => name === reference || (reference.length >= shortestPrefix && id?.startsWith(reference)))
  if (unusable) throw unusable.failure
  const old = all.filter(({ job }) => job.image_root_archive_name === reference)
  const near = unfinished.filter(({ job }) => isNear({ id: job.id, name: job.image_root_archive_name }, reference))
  throw new CliError(`${reference} is no job that is under way`, {
    more: old.length > 0 ? ['Ended, and so only to be named by id:', ...old.map(candidate)] : near.map(candidate),
    next: ['jobs', 'list'],
  })
}

/** A job in a list to choose from. */
export function candidate({ job }: JobRecord): string {
  return `  ${job.id}  ${job.status}  ${job.image_root_archive_name}, ${job.job_type}, ${job.created}`
}
