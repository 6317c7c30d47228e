import type { CliError } from '../errors.ts'
import { nextLine, type ProgramName } from './command-line.ts'
import { printable } from '../text/printable.ts'

/**
 * What stderr says of a failure: the message first, then what is known of it, then what to type next.
 *
 * @param program as it was called.
 * @param usage the command's usage, for a failure of the command line.
 */
export function errorText(failure: CliError, program: ProgramName, usage: string): string {
  const head = failure.usage ? `Usage: ${usage}\nTry '${usage.split(' [')[0]} -h' for help.\n\n` : ''
  const lines = [failure.bare ? failure.message : `Error: ${failure.message}`, ...failure.more]
  if (failure.next) lines.push(`Next: ${nextLine(program, failure.next)}`)
  if (failure.footer) lines.push(failure.footer)
  // A name with an end of line in it must not look like a line of ours.
  return `${head}${lines.map((line) => `${printable(line)}\n`).join('')}`
}
