import type { CommandContext } from '../../context.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import type { releaseOptions } from '../../definitions/job-shells.ts'
import { findJobs } from '../../jobs/lookup.ts'
import { refuseUnlessWaiting, tellJob, waitForOutcome, type SignalName } from '../../jobs/release.ts'
import { chooseContainer } from '../../ssh/addresses.ts'
import { stripDurations } from '../../time/time-span.ts'
import { allWords, runEach } from '../several.ts'

/** Options of `jobs complete` and `jobs fail`. */
export type ReleaseOptions = InferOptions<typeof releaseOptions>

/**
 * Tells jobs that wait to go on or to end, and waits for their outcomes. All are found before the first is told.
 *
 * @returns the exit code: 1 when a customize job that was told to complete ended in error, 2 when one of several jobs
 * couldn't be told, or its outcome not be seen.
 * @throws CliError before anything is connected when one of the jobs doesn't wait; whatever keeps a single one.
 */
export async function release(
  context: CommandContext,
  given: readonly string[],
  signal: SignalName,
  options: ReleaseOptions,
): Promise<number> {
  const { io } = context
  const words = await allWords(context, given, 'JOB')
  const api = await context.api()
  const progress = await context.progress(stripDurations)
  try {
    const found = (await findJobs(api, words)).map((job) => {
      refuseUnlessWaiting(job)
      return { context, api, job, container: chooseContainer(job, options.container), progress }
    })
    const waiting = new Map(found.map((one) => [one.job.id, one]))
    const each = waiting.size === 1 ? runOnly : runEach
    const told = new Map<string, string>()
    const names = new Map([...waiting.keys()].map((id) => [id, `job ${id}`]))
    const telling = await each(context, names, async (id, name) => {
      await tellJob(waiting.get(id)!, signal, options)
      told.set(id, name)
    })
    if (options.no_wait) return telling
    const began = io.monotonic()
    let outcome = 0
    const seeing = await each(context, told, async (id) => {
      const timeout = Math.max(options.timeout - (io.monotonic() - began) / 1000, 0)
      const wait = { ...options, timeout, hopeful: signal === 'complete' }
      const { exit, image } = await waitForOutcome(waiting.get(id)!, wait).finally(progress.stop)
      if (image) await io.stdout.write(`${image}\n`)
      // That a job ends in error is what `fail` asks for.
      if (signal === 'complete') outcome ||= exit
    })
    return telling || seeing || outcome
  } finally {
    progress.stop()
    await api.close()
  }
}

/** As `runEach`, for a single one, whose failure is the command's. */
async function runOnly(...[, names, work]: Parameters<typeof runEach>): Promise<number> {
  for (const [id, name] of names) await work(id, name)
  return 0
}
