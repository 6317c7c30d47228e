import type { CommanderError } from 'commander'
import { usageError, type CliError } from '../errors.ts'

/**
 * The parser's error in the original's words.
 *
 * @param meantLines what may be meant by an unknown command: words without the program.
 */
export function toUsageError(error: CommanderError, line: string, meantLines: readonly (readonly string[])[] = []): CliError {
  const [, named = ''] = /'([^']*)'/.exec(error.message) ?? []
  const [, meant] = /\(Did you mean (?:one of )?(.*?)\?\)/s.exec(error.message) ?? []
  const message = messages[error.code]?.(named, meant) ?? error.message.replace(/^error: /, '')
  if (error.code === 'commander.unknownCommand' && meantLines.length > 0) {
    const others = meantLines.slice(1).map((words) => `  or: ${words.join(' ')}`)
    return usageError(message, { more: others, next: [...meantLines[0]!], cause: error })
  }
  return usageError(message, { next: `${line} --help`, cause: error })
}

const messages: Readonly<Record<string, (named: string, meant: string | undefined) => string>> = {
  'commander.unknownOption': (named, meant) => `no such option: ${named}${meant ? `  Did you mean ${meant}?` : ''}`,
  'commander.unknownCommand': (named) => `No such command '${named}'.`,
  'commander.optionMissingArgument': (named) => `${/--[\w-]+/.exec(named)?.[0] ?? named} option requires an argument`,
}
