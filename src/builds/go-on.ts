import type { CommandContext } from '../context.ts'
import { amended, type CliError } from '../errors.ts'

/** Whether a command ended because it was told to. */
export function isInterruption({ io }: CommandContext, error: CliError): boolean {
  return io.interrupted.aborted && error.exit === (io.interrupted.reason as CliError).exit
}

/**
 * A failure that also says what is left and which command goes on with it.
 *
 * @param again the words of that command.
 * @param left in a sentence.
 */
export function sayingHowToGoOn(context: CommandContext, error: CliError, again: readonly string[], left?: string): CliError {
  const more = [...error.more, ...(left === undefined ? [] : [left])]
  if (error.next === undefined || isInterruption(context, error)) return amended(error, { more, next: again })
  return amended(error, { more: [...more, `To go on: ${context.commandLine(...again)}`] })
}
