import type { CommanderError } from 'commander'
import { usageError, type CliError } from '../errors.ts'

/** The parser's error in the original's words. */
export function toUsageError(error: CommanderError, line: string): CliError {
  const [, named = ''] = /'([^']*)'/.exec(error.message) ?? []
  const [, meant] = /\(Did you mean (?:one of )?(.*?)\?\)/s.exec(error.message) ?? []
  const message = messages[error.code]?.(named, meant) ?? error.message.replace(/^error: /, '')
  const more = error.code === 'commander.unknownCommand' && meant ? [`  Did you mean ${meant}?`] : []
  return usageError(message, { more, next: `${line} --help`, cause: error })
}

const messages: Readonly<Record<string, (named: string, meant: string | undefined) => string>> = {
  'commander.unknownOption': (named, meant) => `no such option: ${named}${meant ? `  Did you mean ${meant}?` : ''}`,
  'commander.unknownCommand': (named) => `No such command '${named}'.`,
  'commander.optionMissingArgument': (named) => `${/--[\w-]+/.exec(named)?.[0] ?? named} option requires an argument`,
}
