import type { CommanderError } from 'commander'
import { usageError, type CliError } from '../errors.ts'
import { isSimilar } from '../text/similarity.ts'

/**
 * The parser's error in the original's words.
 *
 * @param meantLines what may be meant by an unknown command: words without the program.
 * @param flags all options of the command. The parser compares only those that help shows, so no global ones.
 */
export function toUsageError(
  error: CommanderError,
  line: string,
  meantLines: readonly (readonly string[])[] = [],
  flags: readonly string[] = [],
): CliError {
  // A value isn't repeated: that of a misspelled --password is a secret.
  const [, named = ''] = /'(--[^'=]+(?==)|[^']*)/.exec(error.message) ?? []
  const [, near] = /\(Did you mean (?:one of )?(.*?)\?\)/s.exec(error.message) ?? []
  const meant = meantOptions(named, flags).join(', ') || near
  const message = messages[error.code]?.(named, meant) ?? error.message.replace(/^error: /, '')
  if (error.code === 'commander.unknownCommand' && meantLines.length > 0) {
    const others = meantLines.slice(1).map((words) => `  or: ${words.join(' ')}`)
    return usageError(message, { more: others, next: [...meantLines[0]!], cause: error })
  }
  return usageError(message, { next: `${line} --help`, cause: error })
}

/** More than these, an abbreviation may stand for too much. */
const mostMeant = 3

/** The options that one may be an abbreviation of, which none is taken for; else those that it may be misspelled from. */
function meantOptions(named: string, flags: readonly string[]): string[] {
  const abbreviated = named.length > 3 ? flags.filter((flag) => flag.startsWith(named)) : []
  if (abbreviated.length > 0) return abbreviated.length > mostMeant ? [] : abbreviated
  return flags.filter((flag) => isSimilar(named, flag))
}

const messages: Readonly<Record<string, (named: string, meant: string | undefined) => string>> = {
  'commander.unknownOption': (named, meant) => `no such option: ${named}${meant ? `  Did you mean ${meant}?` : ''}`,
  'commander.unknownCommand': (named) => `No such command '${named}'.`,
  'commander.optionMissingArgument': (named) => `${/--[\w-]+/.exec(named)?.[0] ?? named} option requires an argument`,
}
