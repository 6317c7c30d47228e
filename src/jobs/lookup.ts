import { CliError, usageError } from '../errors.ts'
import { encodeSegment, type Api } from '../ims/api.ts'
import { hasEnded } from '../ims/job-status.ts'
import { isUuid } from '../ims/names.ts'
import { readRecord, readRecords, sourceOf, type OddRecord } from '../ims/read-record.ts'
import type { Job } from '../ims/records.ts'
import { isNear, newestOf, shortestPrefix } from '../ims/reference.ts'
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

/** How a word that names a job is taken. */
export interface FindJobOptions {
  /** Where no unfinished job has that name, the newest that has ended is meant: for what only reads. */
  readonly ended?: boolean
}

/**
 * The jobs that the user means: by id, by its unique beginning of 4 characters or more, or by the name of the image
 * of exactly one unfinished job. Whole ids cost no list.
 *
 * @throws CliError that lists the candidates where none or several fit; ServerError where an id is unknown.
 */
export async function findJobs(api: Api, wanted: readonly string[], options: FindJobOptions = {}): Promise<JobRecord[]> {
  if (wanted.length === 1 && isUuid(wanted[0]!)) return [await describeJob(api, wanted[0]!)]
  const { jobs: all, odd } = await readJobs(api)
  const byId = new Map<string, JobRecord>()
  const byName = new Map<string, JobRecord[]>()
  for (const record of all) {
    const { id, image_root_archive_name: name } = record.job
    byId.set(id, record)
    const same = byName.get(name)
    if (same) same.push(record)
    else byName.set(name, [record])
  }
  return wanted.map((reference) => pick({ all, odd, byId, byName }, reference, options))
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

interface JobIndex {
  readonly all: readonly JobRecord[]
  readonly odd: readonly OddRecord[]
  readonly byId: ReadonlyMap<string, JobRecord>
  readonly byName: ReadonlyMap<string, readonly JobRecord[]>
}

const isUnfinished = ({ job }: JobRecord) => !hasEnded(job)

/** Whether an id may begin with a word: jobs are looked through for that alone. */
const mayBegin = (word: string) => word.length >= shortestPrefix && /^[0-9a-f-]+$/.test(word)

function pick({ all, odd, byId, byName }: JobIndex, reference: string, { ended = false }: FindJobOptions): JobRecord {
  if (reference === '') throw usageError("Invalid value for 'JOB': the job is empty (unset variable?).")
  const exact = byId.get(reference)
  if (exact) return exact
  const named = byName.get(reference) ?? []
  const begun = mayBegin(reference) ? all.filter(({ job }) => job.id.startsWith(reference)) : []
  const found = [...new Set([...named.filter(isUnfinished), ...begun])]
  if (found.length === 1) return found[0]!
  if (found.length > 1) throw new CliError(`${reference} is more than one job`, { more: found.map(candidate), next: 'name one by its id' })
  const unusable = odd.find(({ id, name }) => name === reference || (reference.length >= shortestPrefix && id?.startsWith(reference)))
  if (unusable) throw unusable.failure
  const newest = newestOf(named.map(({ job }) => ({ ...job, name: reference })))
  if (ended && newest) return byId.get(newest.id)!
  const near = all.filter(isUnfinished).filter(({ job }) => isNear({ id: job.id, name: job.image_root_archive_name }, reference))
  throw new CliError(`no unfinished job matches "${reference}"`, {
    more: named.length > 0 ? ['Jobs that have ended can only be named by id:', ...named.map(candidate)] : near.map(candidate),
    next: ['jobs', 'list'],
  })
}

/** A job in a list to choose from. */
export function candidate({ job }: JobRecord): string {
  return `  ${job.id}  ${job.status}  ${job.image_root_archive_name}, ${job.job_type}, ${job.created}`
}
