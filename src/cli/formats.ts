import { usageError } from '../errors.ts'
import { optionKey } from '../definitions/definition.ts'
import type { Format } from '../definitions/formats.ts'
import { orList } from '../definitions/relations.ts'
import { watchFormats, type ViewOptions } from '../definitions/views.ts'
import type { Globals } from '../context.ts'
import type { Parsed } from './parser.ts'

/**
 * The format of a command's result. What is watched is a table where no other format was asked for.
 *
 * @throws CliError of the command line for a typed option that says nothing about that format.
 */
export function formatFor({ command, flags }: Parsed, options: ViewOptions, { format: given, formatTyped }: Globals): Format {
  const isWatched = options.watch === true && !formatTyped && !(watchFormats as readonly Format[]).includes(given)
  const format = isWatched ? 'table' : given
  for (const option of command.options ?? []) {
    if (!option.formats || flags[optionKey(option)] === undefined || option.formats.includes(format)) continue
    throw usageError(`${option.flag} needs --format ${orList(option.formats)}`)
  }
  return format
}
