import { CliError, usageError } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { describeRecord, listRecords } from '../ims/fetch-records.ts'
import { hasEnded } from '../ims/job-status.ts'
import { isUuid } from '../ims/names.ts'
import type { OddRecord } from '../ims/read-record.ts'
import type { Job } from '../ims/records.ts'
import { groupBy, indexByStart, type ReferenceIndex } from '../ims/reference-index.ts'
import { isNear, newestOf, shortestPrefix } from '../ims/reference.ts'

/** The id as people say it: its first block, or as much as tells it from others. */
export function shortId(id: string, length = 8): string {
  return id.length > length ? `${id.slice(0, length)}…` : id
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
export async function findJobs(api: Api, wanted: readonly string[], options: FindJobOptions = {}): Promise<Job[]> {
  if (wanted.includes('')) throw usageError("Invalid value for 'JOB': the job is empty (unset variable?).")
  if (wanted.length === 1 && isUuid(wanted[0]!)) return [await describeJob(api, wanted[0]!)]
  const { records: all, odd } = await listRecords(api, 'job')
  const byId = new Map(all.map((job) => [job.id, job]))
  const byName = groupBy(all, ({ image_root_archive_name: name }) => name)
  const byStart = wanted.length > 1 ? indexByStart(all) : () => all
  return wanted.map((reference) => pick({ all, odd, byId, byName, byStart }, reference, options))
}

/** One job, by its whole id. */
export function describeJob(api: Api, id: string): Promise<Job> {
  return describeRecord(api, 'job', id, { argument: 'JOB', next: ['jobs', 'list'] })
}

/** All jobs whose records can be used. */
export async function listJobs(api: Api): Promise<Job[]> {
  return (await listRecords(api, 'job')).records
}

interface JobIndex {
  readonly all: readonly Job[]
  readonly odd: readonly OddRecord[]
  readonly byId: ReadonlyMap<string, Job>
  readonly byName: ReadonlyMap<string, readonly Job[]>
  readonly byStart: ReferenceIndex<Job>
}

const isUnfinished = (job: Job) => !hasEnded(job)

/** Whether an id may begin with a word: jobs are looked through for that alone. */
const mayBegin = (word: string) => word.length >= shortestPrefix && /^[0-9a-f-]+$/.test(word)

function pick({ all, odd, byId, byName, byStart }: JobIndex, reference: string, { ended = false }: FindJobOptions): Job {
  const exact = byId.get(reference)
  if (exact) return exact
  const named = byName.get(reference) ?? []
  const begun = mayBegin(reference) ? byStart(reference).filter(({ id }) => id.startsWith(reference)) : []
  const found = [...new Set([...named.filter(isUnfinished), ...begun])]
  if (found.length === 1) return found[0]!
  if (found.length > 1) throw new CliError(`${reference} is more than one job`, { more: found.map(candidate), next: 'name one by its id' })
  const unusable = odd.find(({ id, name }) => name === reference || (reference.length >= shortestPrefix && id?.startsWith(reference)))
  if (unusable) throw unusable.failure
  const newest = newestOf(named.map((job) => ({ ...job, name: reference })))
  if (ended && newest) return byId.get(newest.id)!
  const near = all.filter(isUnfinished).filter(({ id, image_root_archive_name: name }) => isNear({ id, name }, reference))
  throw new CliError(`no unfinished job matches "${reference}"`, {
    more: named.length > 0 ? ['Jobs that have ended can only be named by id:', ...named.map(candidate)] : near.map(candidate),
    next: ['jobs', 'list'],
  })
}

/** A job in a list to choose from. */
export function candidate(job: Job): string {
  return `  ${job.id}  ${job.status}  ${job.image_root_archive_name}, ${job.job_type}, ${job.created}`
}
