import { setMaxListeners } from 'node:events'
import { Failure } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { isAway } from '../ims/away.ts'
import type { Progress } from '../terminal/progress.ts'
import { timeSpan } from '../terminal/time-span.ts'
import type { App } from './app.ts'
import { describeJob, listJobs, shortId, type JobRecord } from './job-reference.ts'

/** How jobs are watched. */
export interface Watch {
  /** Milliseconds between looks. */
  interval: number
  /** Longest watch in milliseconds; none is no limit. */
  timeout?: number
  progress: Progress
  /** What to type to go on, after the time limit or Ctrl-C. */
  resume: string
  /** Ends the watch: of the process, unless given. */
  signal?: AbortSignal
}

/** What a look saw of a job. */
export interface Seen extends JobRecord {
  /** Milliseconds since this status was first seen. */
  inStatus: number
  /** Milliseconds since the watch began. */
  total: number
  /** The status that it had before, where it has just changed. */
  before?: { status: string; lasted: number }
}

/**
 * Looks at jobs until `enough` says that it was enough; the last look. Several jobs cost one request a look. A server
 * that is away for a while is shown, and looked at again. A job that is gone has no entry.
 *
 * @throws Failure with exit 3 at the time limit, 130 for Ctrl-C: both say how to go on.
 */
export async function watchJobs<T>(app: App, api: Api, ids: readonly string[], watch: Watch, enough: (seen: Map<string, Seen>) => T | undefined | Promise<T | undefined>): Promise<T> {
  const { io } = app
  const { progress, signal = io.interrupted } = watch
  // Each look's sleep and request listen to it.
  setMaxListeners(0, signal)
  const began = io.now()
  const since = new Map<string, { status: string; at: number }>()
  let status = ''
  for (;;) {
    try {
      signal.throwIfAborted()
      const seen = new Map<string, Seen>()
      for (const record of await look(api, ids)) seen.set(record.job.id, see(record, since, began, io.now()))
      status = [...seen.values()].map(({ job }) => `${shortId(job.id)} ${job.status}`).join(', ')
      const outcome = await enough(seen)
      if (outcome !== undefined) return outcome
    } catch (error) {
      if (signal.aborted) throw interrupted(signal.reason, watch)
      if (!isAway(error)) throw error
      progress.now(`the service is away (${error.message.split('\n')[0]}); looking again`)
    }
    if (watch.timeout !== undefined && io.now() - began + watch.interval > watch.timeout) {
      throw new Failure(`not there after ${timeSpan(watch.timeout)}: ${status || 'the service was away'}`, { exit: 3, next: watch.resume })
    }
    await io.sleep(watch.interval, signal).catch((error: unknown) => {
      throw signal.aborted ? interrupted(signal.reason, watch) : error
    })
  }
}

async function look(api: Api, ids: readonly string[]): Promise<JobRecord[]> {
  if (ids.length > 1) return (await listJobs(api)).filter(({ job }) => ids.includes(job.id))
  try {
    return [await describeJob(api, ids[0]!)]
  } catch (error) {
    if (error instanceof Failure && 'status' in error && error.status === 404) return []
    throw error
  }
}

function see(record: JobRecord, since: Map<string, { status: string; at: number }>, began: number, now: number): Seen {
  const { id, status } = record.job
  const last = since.get(id)
  const changed = last && last.status !== status
  if (!last || changed) since.set(id, { status, at: now })
  return {
    ...record,
    inStatus: now - since.get(id)!.at,
    total: now - began,
    before: changed ? { status: last.status, lasted: now - last.at } : undefined,
  }
}

function interrupted(reason: unknown, { resume }: Watch): unknown {
  if (!(reason instanceof Failure)) return reason
  return new Failure(reason.message, { exit: reason.exit, more: [...reason.more, 'The job goes on.'], next: reason.next ?? resume })
}
