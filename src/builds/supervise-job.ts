import { CliError, type CliErrorDetails } from '../errors.ts'
import type { Job } from '../ims/records.ts'
import type { Io } from '../terminal/io.ts'
import type { CommandContext } from '../context.ts'
import { handleInterruption } from './on-interrupt.ts'
import type { Supervision, BuildContext, JobTracker } from './build-context.ts'
import { resumeCommand, type Told } from './resume-command.ts'

/** Options that say how a job is looked after, and those that go on with it later. */
export type Attention = Supervision & Told

/** Whether someone sits before it, who can be asked. */
export function isAttended({ io }: CommandContext): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY
}

/**
 * Makes one image with all that it takes: its job is named as soon as it is there, also when quiet, and whichever way
 * it is left, how to take it up again is said.
 */
export async function superviseJob(
  context: CommandContext,
  options: Attention,
  work: (build: BuildContext) => Promise<number>,
): Promise<number> {
  const { io, global } = context
  const attended = isAttended(context)
  const progress = await context.progress()
  const api = await context.api({ held: true })
  const underWay: JobTracker = {}
  const ends: (() => Promise<void>)[] = []
  const resume = (job: Job) => resumeCommand(job, options)
  const build: BuildContext = {
    context,
    api,
    progress,
    attended,
    supervision: options,
    tell: global.quiet ? context.warn : progress.log,
    resume,
    underWay,
    only: true,
    atEnd: (work) => void ends.push(work),
  }
  try {
    return await work(build)
  } catch (error) {
    progress.stop()
    if (!(error instanceof CliError)) throw error
    const { job: current, waiting: waits } = underWay
    if (io.interrupted.aborted && error.exit === (io.interrupted.reason as CliError).exit) {
      if (current)
        throw await handleInterruption(context, io.interrupted.reason as CliError, {
          jobs: [current],
          waits,
          attended,
          cancel: options.cancel_on_interrupt ?? false,
          resume: resume(current),
        })
      throw amended(error, { next: (error.inDoubt ? undefined : error.next) ?? 'the same command again: it resumes what is under way' })
    }
    const again = current && context.commandLine(...resume(current))
    if (again === undefined || (typeof error.next === 'object' && context.commandLine(...error.next) === again)) throw error
    throw amended(error, { more: [...error.more, `Resume with: ${again}`] })
  } finally {
    await runEnds(io, ends)
    progress.stop()
    await api.close()
  }
}

/** Does what is to be done at the end. What fails then doesn't change the outcome. */
export async function runEnds(io: Io, ends: readonly (() => Promise<void>)[]): Promise<void> {
  for (const end of io.interrupted.aborted ? [] : ends) {
    await end().catch((error: unknown) => {
      if (!(error instanceof CliError)) throw error
    })
  }
}

/** A failure that says more than before. */
export function amended(failure: CliError, details: CliErrorDetails): CliError {
  const { message, exit, more, next, usage, cause } = failure
  return new CliError(message, { exit, more, next, usage, cause, ...details })
}
