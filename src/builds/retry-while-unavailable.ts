import type { Resource } from '../definitions/resource.ts'
import { deleteRecord } from '../ims/fetch-records.ts'
import { isTransient } from '../ims/availability.ts'
import type { Job } from '../ims/records.ts'
import { pollUntil, createTransientCheck } from '../jobs/poll.ts'
import type { BuildContext, WriteContext } from './build-context.ts'

/** How long a service that is away is waited for around a single request, in milliseconds; its answer may take longer. */
export const patience = 15 * 60_000

/** What is done again, and how long. */
export interface RetryOptions {
  /** Whether a failure passes by itself: while a job is under way all that may, else what stays is told soon. */
  passes?: (error: unknown) => error is Error
  /** Milliseconds; `patience` unless given. */
  timeout?: number
  /** Since when, by the monotonic clock; now unless given. */
  began?: number
}

/** Of a build, also how it goes on with its job. */
type Writes = WriteContext & Partial<Pick<BuildContext, 'resume'>>

/**
 * Retries an idempotent operation while the service is unavailable.
 *
 * @param job that it is for: a failure says how to resume that.
 */
export async function retryWhileUnavailable<R>(
  { context, progress, supervision, resume }: Writes,
  work: () => Promise<R>,
  job?: Job,
  { passes = job ? isTransient : createTransientCheck(), timeout = patience, began }: RetryOptions = {},
): Promise<R> {
  const watch = { interval: supervision.interval * 1000, timeout, began, progress, resume: job && resume?.(job) }
  const done = await pollUntil(context, watch, async () => ({ result: await work() }), {
    enough: (found) => found,
    passes,
    unhurried: true,
  })
  return done.result
}

/**
 * Deletes a record; one that is gone already counts as deleted.
 *
 * @param job that it is for.
 */
export async function deleteIfPresent(
  write: Writes,
  of: Resource,
  id: string,
  job?: Job,
  within?: Pick<RetryOptions, 'timeout' | 'began'>,
): Promise<void> {
  await retryWhileUnavailable(write, () => deleteRecord(write.api, of, id), job, { ...within, passes: createTransientCheck() })
}
