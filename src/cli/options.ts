import type { Settings } from '../config/configuration.ts'
import { environmentName, optionValue, type Found, type Source } from '../config/precedence.ts'
import { CliError } from '../errors.ts'
import { isNumber, type Value } from '../json/value.ts'
import { globalOptions } from '../definitions/global.ts'
import { optionKey, type OptionDefinition } from '../definitions/definition.ts'
import { pastedWords } from '../text/shell-words.ts'
import { checkValues, sendsAsConfigured } from './option-check.ts'
import type { Parsed } from './parser.ts'
import { checkRelations } from './relations.ts'
import { describeValue, invalid, readValue, type Reading } from './values.ts'

/** Where values come from besides the command line. */
export interface Sources {
  env: Readonly<Record<string, string | undefined>>
  /** The command's table in the configuration. */
  table: Settings | undefined
  /** The configuration's file. */
  path: string | undefined
}

/**
 * A command's own options by key: from the line, the environment, the configuration or the default.
 *
 * @throws CliError for a value that isn't right, for options that don't go together, and for required ones that are missing:
 * all of them by name.
 */
export function readOptions(parsed: Parsed, sources: Sources, reading: Reading): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  const origins = new Map<string, Source>()
  const rows = parsed.command.options ?? []
  if (parsed.command.deletesAll) refuseUnknownFilters(parsed, sources)
  for (const option of rows) {
    const found = readOption(option, parsed, sources, reading)
    if (found === undefined) continue
    options[optionKey(option)] = found.value
    origins.set(optionKey(option), found.source)
  }
  checkValues(parsed.command, options)
  return checkRelations(parsed.command, { options, sources: origins, arguments: parsed.arguments })
}

function readOption(
  option: OptionDefinition,
  { command, words, flags }: Parsed,
  { env, table, path }: Sources,
  reading: Reading,
): Found | undefined {
  const flag = flags[optionKey(option)]
  if (Array.isArray(flag)) return { value: flag.map((text) => readValue(option, text, reading)), source: 'flag' }
  if (flag !== undefined && typeof flag !== 'string') return { value: flag, source: 'flag' }
  const found = optionValue(option, { flag, env, prefix: words, table })
  if (!found) return undefined
  const { source } = found
  if (source !== 'configuration') return { value: readText(option, found.value as string, reading), source }
  const value = found.value as Value
  if (sendsAsConfigured(command, option, value)) return { value, source }
  try {
    return { value: readSetting(option, value, reading), source }
  } catch (error) {
    throw inConfiguration(error, path, [...words, optionKey(option)])
  }
}

/** A value of a configuration, as if its text had been typed. */
function readSetting(option: OptionDefinition, value: Value, reading: Reading): unknown {
  if (Array.isArray(value) && value.every(isScalar)) {
    const texts = value.map(textOf)
    // What nobody is chosen to be asked of keeps nothing.
    if (option.type === 'texts' && option.choices && texts.length === 0) throw invalid(option.flag, 'an empty list chooses nothing')
    if (option.type === 'texts') return texts
    if (option.type === 'booleans') return texts.map((text) => readValue({ ...option, type: 'boolean' }, text, reading))
    // Without a filter everything is deleted.
    if (option.type === 'each' && texts.length === 0) throw invalid(option.flag, 'an empty list selects nothing')
    if (option.type === 'each') return texts.map((text) => readValue(option, text, reading))
  }
  if (!isScalar(value)) throw invalid(option.flag, `${describeValue(value)} is not a value that it takes`)
  return readText(option, textOf(value), reading)
}

/** A value whose text stands for all of it. */
function readText(option: OptionDefinition, text: string, reading: Reading): unknown {
  const value = readValue(option, text, reading)
  return option.type === 'each' ? [value] : value
}

type Scalar = Exclude<Value, Value[] | Map<string, Value> | null>

const isScalar = (value: Value): value is Scalar => value !== null && (typeof value !== 'object' || isNumber(value))
const textOf = (value: Scalar) => (isNumber(value) ? value.number : String(value))

function inConfiguration(error: unknown, path: string | undefined, words: readonly string[]): unknown {
  if (!(error instanceof CliError) || path === undefined) return error
  return new CliError(`${path}: ${error.message}`, {
    more: error.more,
    next: ['config', 'unset', words.join('.')],
    cause: error,
  })
}

/**
 * A misspelt filter would be passed over, and all records deleted.
 *
 * @throws CliError that names it.
 */
function refuseUnknownFilters({ command, words }: Parsed, { env, table = {}, path }: Sources): void {
  const keys = [...(command.options ?? []), ...globalOptions].map(optionKey)
  const known = new Set(keys.flatMap((key) => [key, key.replaceAll('_', '-')]))
  const [setting] = Object.keys(table).filter((key) => !known.has(key))
  const danger = 'It would be ignored, and more deleted than meant.'
  if (setting !== undefined) {
    throw new CliError(`${path}: [${words.join('.')}] has ${setting}, which is not an option of this command`, {
      more: [danger],
      next: ['config', 'unset', [...words, setting].join('.')],
    })
  }
  const names = new Set(keys.map((key) => environmentName(words, key)))
  const [variable] = Object.keys(env).filter((name) => name.startsWith(environmentName(words, '')) && !names.has(name))
  if (variable !== undefined)
    throw new CliError(`${variable} is set, and is not an option of this command`, {
      more: [danger],
      next: pastedWords(['unset', variable]),
    })
}
