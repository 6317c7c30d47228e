import type { Globals } from '../context.ts'
import { environmentName } from '../config/precedence.ts'
import type { Configuration } from '../config/configuration.ts'
import { CliError } from '../errors.ts'
import { terminalFormat } from '../definitions/formats.ts'
import { globalEnvironment, globalOptions } from '../definitions/global.ts'
import { optionKey } from '../definitions/definition.ts'
import type { InferOptions } from '../definitions/infer-options.ts'
import type { Parsed } from './parser.ts'
import { invalid, readValue, settingText, type Reading } from './values.ts'

/** The global options by key, as the line, the environment and `[core]` have them. */
export type GlobalOptions = InferOptions<typeof globalOptions>

/**
 * The global options of a line.
 *
 * @param reading isTerminal: results are shown in one.
 * @throws CliError for a value that isn't right: it names the option, or the file that holds it.
 */
export function readGlobals(
  parsed: Parsed,
  env: Readonly<Record<string, string | undefined>>,
  configuration: Configuration | undefined,
  reading: Reading & { readonly isTerminal: boolean },
): GlobalOptions & Globals {
  const found: Record<string, unknown> = {}
  for (const option of globalOptions) {
    const key = optionKey(option)
    const typed = parsed.flags[key]
    if (typed !== undefined) {
      found[key] = typeof typed === 'string' ? readValue(option, typed, reading) : typed
      continue
    }
    const fromEnvironment = env[globalEnvironment[key] ?? ''] || env[environmentName(parsed.words, key)]
    if (fromEnvironment) {
      found[key] = readValue(option, fromEnvironment, reading)
      continue
    }
    const setting = settingOf(key, parsed, configuration, reading)
    if (setting === undefined || key === 'configuration' || key === 'query') continue
    try {
      const text = settingText(setting.value)
      if (text === undefined) throw invalid(option.flag, 'a list or table is not a value that it takes')
      found[key] = readValue(option, text, reading)
    } catch (cause) {
      throw new CliError(`${configuration!.path}: ${(cause as Error).message}`, {
        next: ['config', 'unset', setting.path.join('.')],
        cause,
      })
    }
  }
  const options = found as GlobalOptions
  return {
    ...options,
    quiet: options.quiet ?? false,
    format: options.format ?? 'toml',
    formatTyped: parsed.flags.format !== undefined,
    verbose: options.verbose ?? 0,
  }
}

/** What a configuration says of a global option, and where. */
function settingOf(
  key: string,
  { command, words }: Parsed,
  configuration: Configuration | undefined,
  { isTerminal }: { readonly isTerminal: boolean },
): { value: unknown; path: readonly string[] } | undefined {
  const own = key === 'token' || key === 'verbose'
  const { section, key: inTerminal } = terminalFormat
  const places = [
    // Scripts and pipes never see it, nor what prints no records.
    key === 'format' &&
      command.prints && { value: configuration?.table([section])?.[inTerminal], path: [section, inTerminal], terminal: true },
    own ? { value: configuration?.table(words)?.[key], path: [...words, key] } : { value: configuration?.core[key], path: ['core', key] },
  ]
  for (const place of places) {
    if (place && place.value !== undefined && (!('terminal' in place) || isTerminal)) return place
  }
  return undefined
}
