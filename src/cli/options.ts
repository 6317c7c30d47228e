import type { Settings } from '../config/configuration.ts'
import { optionValue } from '../config/precedence.ts'
import { usageFailure } from '../errors.ts'
import { isNumber, type Value } from '../json/value.ts'
import { optionKey, type CommandRow, type OptionRow } from '../spec/rows.ts'
import type { Parsed } from './parser.ts'
import { readValue, type Reading } from './values.ts'

/** Where values come from besides the command line. */
export interface Sources {
  env: Readonly<Record<string, string | undefined>>
  /** The command's table in the configuration. */
  table: Settings | undefined
}

/**
 * A command's own options by key: from the line, the environment, the configuration or the default.
 *
 * @throws Failure for a value that isn't right, and for required options that are missing: all of them by name.
 */
export function readOptions(parsed: Parsed, sources: Sources, reading: Reading): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  const rows = parsed.command.options ?? []
  for (const option of rows) {
    const value = readOption(option, parsed, sources, reading)
    if (value !== undefined) options[optionKey(option)] = value
  }
  refuseMissing(parsed.command, options)
  return options
}

function readOption(option: OptionRow, { words, flags }: Parsed, { env, table }: Sources, reading: Reading): unknown {
  const flag = flags[optionKey(option)]
  if (flag !== undefined && typeof flag !== 'string') return flag
  const found = optionValue(option, { flag, env, prefix: words, table })
  if (!found) return undefined
  return found.source === 'configuration' ? readSetting(option, found.value as Value, reading) : readValue(option, found.value as string, reading)
}

/**
 * A value as a configuration has it. A text is split where the option is a list, and a file's name is read; all
 * else is sent as it is, right or wrong. Source: the original.
 */
function readSetting(option: OptionRow, value: Value, reading: Reading): unknown {
  const taken = option.check === 'age' || ['file', 'texts', 'booleans'].includes(option.type)
  if (option.field && !(taken && typeof value === 'string')) return value
  return readValue(option, isNumber(value) ? value.number : String(value), reading)
}

function refuseMissing(command: CommandRow, options: Record<string, unknown>): void {
  const missing = (command.options ?? []).filter((option) => option.required && options[optionKey(option)] === undefined)
  const [first, ...others] = missing.map((option) => option.flag)
  if (!first) return
  throw usageFailure(`Missing option '${first}'.`, { more: others.map((flag) => `  Missing option '${flag}'.`) })
}
