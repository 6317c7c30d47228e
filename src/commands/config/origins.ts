import type { Document } from '../../config/document.ts'
import { environmentName } from '../../config/precedence.ts'
import { leavesOf, optionKey } from '../../definitions/definition.ts'
import { globalEnvironment, globalOptions } from '../../definitions/global.ts'
import { ims, site } from '../../definitions/tree.ts'
import { shownHostname } from '../../ims/address.ts'
import type { Value } from '../../json/value.ts'

/** A setting that has a value. */
export interface Origin {
  /** As `config get` takes it: `ims.jobs.create.job_type`. */
  readonly setting: string
  readonly value: Value
  /** The file, or the variable of the environment that goes before it. */
  readonly origin: string
}

type Env = Readonly<Record<string, string | undefined>>

/** What is set, in the order of its names: in a configuration, and in the environment, which goes before it. */
export function originsOf(document: Document, path: string, env: Env): Origin[] {
  const inFile = settingsIn(document, []).map(([setting, value]): Origin => ({ setting, value, origin: path }))
  const inEnvironment = variables().flatMap(({ setting, variable, emptyCounts }): Origin[] => {
    const value = env[variable]
    return value === undefined || (value === '' && !emptyCounts) ? [] : [{ setting, value, origin: variable }]
  })
  const found = new Map([...inFile, ...inEnvironment].map((one) => [one.setting, { ...one, value: withoutSecret(one) }]))
  return [...found.values()].sort((one, other) => (one.setting < other.setting ? -1 : 1))
}

function settingsIn(table: Document, above: readonly string[]): [string, Value][] {
  return [...table].flatMap(([key, value]): [string, Value][] => {
    const words = [...above, key]
    return value instanceof Map ? settingsIn(value, words) : [[words.join('.'), value]]
  })
}

/** The variables of all options, as they are looked for. */
function variables(): { setting: string; variable: string; emptyCounts: boolean }[] {
  const everywhere = globalOptions.flatMap((option) => {
    const variable = globalEnvironment[optionKey(option)]
    return variable === undefined ? [] : [{ setting: `core.${optionKey(option)}`, variable, emptyCounts: false }]
  })
  const ofCommands = [ims, ...site]
    .flatMap((row) => leavesOf(row))
    .flatMap(({ words, leaf }) => {
      const own = (leaf.options ?? []).map((option) => ({ option, emptyCounts: true }))
      return [...globalOptions.map((option) => ({ option, emptyCounts: false })), ...own].map(({ option, emptyCounts }) => ({
        setting: [...words, optionKey(option)].join('.'),
        variable: environmentName(words, optionKey(option)),
        emptyCounts,
      }))
    })
  return [...everywhere, ...ofCommands]
}

function withoutSecret({ setting, value }: Origin): Value {
  if (/\.(password|rsa_token)$/.test(setting)) return '…'
  return setting === 'core.hostname' && typeof value === 'string' ? shownHostname(value) : value
}
