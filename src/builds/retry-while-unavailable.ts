import { isGone } from '../ims/server-error.ts'
import type { Job } from '../ims/records.ts'
import { lookUntil, passesSoon } from '../jobs/poll.ts'
import type { Making } from './build-context.ts'

/** How long a service that is away is waited for around a single request, in milliseconds; its answer may take longer. */
export const patience = 15 * 60_000

/**
 * Does what may be done again, until it is done, while the service is away.
 *
 * @param job that it is for: how to go on with that is said where it isn't done.
 */
export async function outlast<R>({ app, progress, attending, resume }: Making, work: () => Promise<R>, job?: Job): Promise<R> {
  const watch = { interval: attending.interval * 1000, timeout: patience, progress, resume: job ? resume(job) : '' }
  const done = await lookUntil(app, watch, async () => ({ result: await work() }), { enough: (found) => found, passes: passesSoon(), unhurried: true })
  return done.result
}

/** Deletes a record; that it is gone already is as good. */
export async function deleteOnce(making: Making, path: string, job: Job): Promise<void> {
  const remove = () => making.api.send({ method: 'DELETE', path })
  await outlast(making, () => remove().catch((error: unknown) => {
    if (!isGone(error)) throw error
  }), job)
}
