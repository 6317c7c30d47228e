import type { CommandContext } from '../context.ts'
import { CliError } from '../errors.ts'
import type { Io } from '../terminal/io.ts'
import type { WriteContext } from './build-context.ts'

/** Seconds between two requests to a service that is away, where no option says so. */
const interval = 2

/** Whether someone sits before it, who can be asked. */
export function isAttended({ io }: CommandContext): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY
}

/**
 * Does what writes to the service, and ends its progress and connections whichever way it is left.
 *
 * @param work ends its progress itself before it throws what says more than what has failed.
 */
export async function withWrites<R>(context: CommandContext, work: (write: WriteContext) => Promise<R>): Promise<R> {
  const { io, global } = context
  const progress = await context.progress()
  const api = await context.api({ held: true })
  const ends: (() => Promise<void>)[] = []
  try {
    return await work({
      context,
      api,
      progress,
      attended: isAttended(context),
      supervision: { interval },
      tell: global.quiet ? context.warn : progress.log,
      atEnd: (end) => void ends.push(end),
    })
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
