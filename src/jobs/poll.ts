import { setMaxListeners } from 'node:events'
import { CliError, type NextStep } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { isUnavailable, isTransient, unavailableReason } from '../ims/availability.ts'
import { listRecords } from '../ims/fetch-records.ts'
import type { Job } from '../ims/records.ts'
import { isGone } from '../ims/server-error.ts'
import type { Progress } from '../terminal/progress.ts'
import { linkSignals } from '../time/linked-signal.ts'
import { formatDuration } from '../time/time-span.ts'
import type { CommandContext } from '../context.ts'
import { describeJob, shortId } from './lookup.ts'

/** How jobs are polled. */
export interface PollOptions {
  /** Milliseconds between looks. */
  interval: number
  /** Longest watch in milliseconds; none is no limit. */
  timeout?: number
  /** When it began, by the monotonic clock; now unless given. */
  began?: number
  progress: Progress
  /** What to type to go on, after the time limit or Ctrl-C; none where nothing is under way. */
  resume?: NextStep
  /** Ends the watch: of the process, unless given. */
  signal?: AbortSignal
  /** The jobs as they were read just before: the first look. */
  known?: readonly Job[]
  /** Reads the jobs at a look, in place of a request of its own. */
  read?: (ids: readonly string[]) => Promise<readonly Job[]> | undefined
}

/** What a look saw of a job. */
export interface JobSnapshot {
  readonly job: Job
  /** Milliseconds since this status was first seen. */
  inStatus: number
  /** Milliseconds since the watch began. */
  total: number
  /** The status that it had before, where it has just changed. */
  before?: { status: string; lasted: number }
}

/**
 * Polls jobs until `enough` returns a value, which is the result. Several jobs cost one request a look. While the service is
 * unavailable, that is shown, and polling goes on. A job that is gone, as the service itself says, has no entry.
 *
 * @throws CliError with exit 3 at the time limit, 130 for Ctrl-C (129, 143 for other signals): all say how to go on.
 */
export async function pollJobs<T>(
  context: CommandContext,
  api: Api,
  ids: readonly string[],
  watch: PollOptions,
  enough: (seen: Map<string, JobSnapshot>) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const { io } = context
  const began = watch.began ?? io.monotonic()
  const since = new Map<string, { status: string; at: number }>()
  let { known } = watch
  let last: readonly JobSnapshot[] = []
  const look = async () => {
    const jobs = known ?? (await (watch.read?.(ids) ?? readAgain(api, ids)))
    known = undefined
    const seen = new Map(jobs.map((job) => [job.id, see(job, since, began, io.monotonic())]))
    last = [...seen.values()]
    return seen
  }
  return pollUntil(context, { ...watch, began }, look, { enough, many: ids.length > 1, state: () => stateOf(last) })
}

/** What ends the polling, and what is said when nothing does. */
interface Looking<R, T> {
  /** The result, by what a look saw; undefined where another look is needed. */
  enough: (seen: R) => T | undefined | Promise<T | undefined>
  /** More than one job is looked at. */
  many?: boolean
  /** What was seen last; empty before there was an answer. */
  state?: () => string
  /** The time limit is for a service that is away: a look that has begun only has the request's own. */
  unhurried?: boolean
  /** Whether a failure passes by itself. */
  passes?: (error: unknown) => error is Error
}

/** How often a service that answers with an error of its own, or that the gateway knows no way to, is asked again where nothing is watched yet. */
const tries = 3

/**
 * Whether a failure passes of what isn't a watch of hours: an error that stays is told soon.
 *
 * @param isWaitedFor whether it is waited for to the time limit.
 */
export function createTransientCheck(isWaitedFor: (error: unknown) => boolean = isUnavailable): (error: unknown) => error is Error {
  let failed = 0
  return (error): error is Error => isWaitedFor(error) || (isTransient(error) && !isUnavailable(error) && ++failed <= tries)
}

/** However late it is, a look that has begun gets so many milliseconds. */
const lookTakes = 10_000

/** How long a look that is interrupted gets to say so itself, in milliseconds. */
const lastWords = 100

/**
 * Polls until `enough` returns a value, which is the result. While the service is unavailable, that is shown, and polling goes on.
 *
 * @throws CliError with exit 3 at the time limit, 130 for Ctrl-C (129, 143 for other signals): all say how to go on.
 */
export async function pollUntil<R, T>(
  { io }: CommandContext,
  watch: PollOptions,
  look: () => Promise<R>,
  looking: Looking<R, T>,
): Promise<T> {
  const { enough, many = false, state = () => '', unhurried = false, passes = isTransient } = looking
  const { progress, interval, timeout = Infinity, began = io.monotonic(), signal = io.interrupted } = watch
  // Each look's sleep and request listen to it.
  setMaxListeners(0, signal)
  const left = () => Math.max(began + timeout - io.monotonic(), 0)
  const late = () =>
    new CliError(`timed out after ${formatDuration(timeout)}; ${state() || 'the service did not answer'}`, { exit: 3, next: watch.resume })

  // A request that is interrupted knows best whether it had an effect: it gets a moment to say so.
  const cutOff = async (reason: unknown): Promise<never> => {
    if (signal.aborted) await io.sleep(lastWords)
    throw reason
  }

  // A server that takes a request and never answers it mustn't hold us beyond the limit.
  async function inTime(answer: Promise<R>): Promise<R> {
    if (timeout === Infinity || unhurried) return answer
    const timer = linkSignals(signal)
    const alarm = io.sleep(Math.max(left(), lookTakes), timer.signal)
    try {
      return await Promise.race([answer, alarm.then(() => Promise.reject(late()), cutOff)])
    } finally {
      timer.end()
    }
  }

  let away = false
  for (;;) {
    try {
      signal.throwIfAborted()
      const seen = await inTime(look())
      if (away) progress.update('the service is back')
      away = false
      const outcome = await enough(seen)
      if (outcome !== undefined) return outcome
    } catch (error) {
      // What was cut off in a request says what may have come of it.
      if (signal.aborted) throw interrupted(error instanceof CliError && error.cause === signal.reason ? error : signal.reason, watch, many)
      if (!passes(error)) throw error
      away = true
      progress.update(`the service is unavailable (${unavailableReason(error)}); looking again`)
    }
    if (left() === 0) throw late()
    await io.sleep(Math.min(interval, left()), signal).catch((error: unknown) => {
      throw signal.aborted ? interrupted(signal.reason, watch, many) : error
    })
  }
}

async function readAgain(api: Api, ids: readonly string[]): Promise<Job[]> {
  if (ids.length > 1) return readSeveral(api, ids)
  try {
    return [await describeJob(api, ids[0]!)]
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

/**
 * The jobs of some ids, by one request; those that are gone are missing.
 *
 * @param read all jobs, in place of a request of its own.
 * @throws CliError where the record of one can't be used.
 */
export async function readSeveral(
  api: Api,
  ids: readonly string[],
  read: () => ReturnType<typeof listRecords<'job'>> = () => listRecords(api, 'job'),
): Promise<Job[]> {
  const wanted = new Set(ids)
  const { records, odd } = await read()
  const unusable = odd.find(({ id }) => id !== undefined && wanted.has(id))
  if (unusable) throw unusable.failure
  return records.filter(({ id }) => wanted.has(id))
}

function see(job: Job, since: Map<string, { status: string; at: number }>, began: number, now: number): JobSnapshot {
  const { id, status } = job
  const last = since.get(id)
  const changed = last && last.status !== status
  if (!last || changed) since.set(id, { status, at: now })
  return {
    job,
    inStatus: now - since.get(id)!.at,
    total: now - began,
    before: changed ? { status: last.status, lasted: now - last.at } : undefined,
  }
}

/** How many jobs are named in one line. */
const named = 5

function stateOf(seen: readonly JobSnapshot[]): string {
  if (seen.length === 1) return `job ${shortId(seen[0]!.job.id)} is still ${seen[0]!.job.status}`
  const some = seen.slice(0, named).map(({ job }) => `job ${shortId(job.id)} is ${job.status}`)
  return [...some, ...(seen.length > named ? [`and ${seen.length - named} more`] : [])].join(', ')
}

function interrupted(reason: unknown, { resume }: PollOptions, many: boolean): unknown {
  if (!(reason instanceof CliError) || resume === undefined) return reason
  return new CliError(reason.message, {
    exit: reason.exit,
    more: [...reason.more, many ? 'The jobs keep running.' : 'The job keeps running.'],
    next: reason.next ?? resume,
    cause: reason,
  })
}
