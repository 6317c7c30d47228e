import { amended, CliError } from '../errors.ts'
import type { Job } from '../ims/records.ts'
import type { CommandContext } from '../context.ts'
import { isInterruption } from './go-on.ts'
import { handleInterruption } from './on-interrupt.ts'
import type { Supervision, BuildContext, JobTracker } from './build-context.ts'
import { resumeCommand, type Told } from './resume-command.ts'
import { withWrites } from './with-writes.ts'

/** Options that say how a job is looked after, and those that go on with it later. */
export type Attention = Supervision & Told

/**
 * Makes one image with all that it takes: its job is named as soon as it is there, also when quiet, and whichever way
 * it is left, how to take it up again is said.
 */
export async function superviseJob(
  context: CommandContext,
  options: Attention,
  work: (build: BuildContext) => Promise<number>,
): Promise<number> {
  const underWay: JobTracker = {}
  const resume = (job: Job) => resumeCommand(job, options)
  return withWrites(context, async (write) => {
    const { attended, progress } = write
    try {
      return await work({ ...write, supervision: options, resume, underWay, only: true })
    } catch (error) {
      progress.stop()
      if (!(error instanceof CliError)) throw error
      const { job: current, waiting: waits } = underWay
      if (isInterruption(context, error)) {
        if (current)
          throw await handleInterruption(context, context.io.interrupted.reason as CliError, {
            jobs: [current],
            waits,
            attended,
            cancel: options.cancel_on_interrupt ?? false,
            resume: resume(current),
          })
        throw amended(error, { next: (error.inDoubt ? undefined : error.next) ?? 'the same command again: it resumes the unfinished job' })
      }
      const again = current && context.commandLine(...resume(current))
      if (again === undefined || (typeof error.next === 'object' && context.commandLine(...error.next) === again)) throw error
      throw amended(error, { more: [...error.more, `Resume with: ${again}`] })
    }
  })
}
