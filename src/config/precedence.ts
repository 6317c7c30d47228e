import { optionKey, type OptionDefinition } from '../definitions/definition.ts'
import type { Settings } from './configuration.ts'
import type { Env } from './folder.ts'

/** Where an option's value came from. */
export type Source = 'flag' | 'environment' | 'configuration' | 'default'

/** Where an option's value may come from. */
export interface Given {
  /** The text on the command line. */
  flag?: string
  env: Env
  /** The command's words: `['ims', 'jobs', 'create']`. */
  prefix: readonly string[]
  /** The command's table in the configuration. */
  table?: Settings
}

/** An option's value as it was given; undefined where it was not. */
export interface Found {
  /** A text; from the configuration any plain data. */
  value: unknown
  source: Source
}

/** An option's value: of the line, else the environment (also an empty one), else the configuration, else the default. */
export function optionValue(option: OptionDefinition, { flag, env, prefix, table }: Given): Found | undefined {
  if (flag !== undefined) return { value: flag, source: 'flag' }
  const key = optionKey(option)
  const variable = env[environmentName(prefix, key)]
  if (variable !== undefined) return { value: variable, source: 'environment' }
  for (const name of [key, key.replaceAll('_', '-')]) {
    if (table && Object.hasOwn(table, name)) return { value: table[name], source: 'configuration' }
  }
  return option.default === undefined ? undefined : { value: option.default, source: 'default' }
}

/** The environment variable of a command's option: CRAY_IMS_JOBS_CREATE_JOB_TYPE. */
export function environmentName(prefix: readonly string[], key: string): string {
  return ['cray', ...prefix, key].join('_').replaceAll('-', '_').toUpperCase()
}
