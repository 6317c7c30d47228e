import parseToml from '@iarna/toml/parse-string.js'
import { resolve } from 'node:path'
import { CliError } from '../errors.ts'
import { readTextFile } from '../files/read-file.ts'
import { toValue, type Value } from '../json/value.ts'
import { activeConfigFile, configurationsFolder, type Env } from './folder.ts'
import { pastedWords } from '../text/shell-words.ts'

type Table = Readonly<Record<string, unknown>>

/** A configuration, read. Its values are plain data; a date is its text. */
export interface Configuration {
  /** What it is called: `default`, or a path. */
  readonly name: string
  readonly path: string
  readonly hostname: string | undefined
  /** Whose token is used. */
  readonly username: string | undefined
  /** Whether a login needs an RSA token. */
  readonly rsaRequired: boolean
  /** `[core]`. */
  readonly core: Table
  /** The defaults of a command's options: `['ims', 'jobs', 'create']` is `[ims.jobs.create]`. */
  table(words: readonly string[]): Settings | undefined
  /** It has numbers or dates whose text plain data doesn't keep: `1.0`, a large integer. */
  readonly inexact: boolean
}

/** Defaults of a command's options, by key. */
export type Settings = Readonly<Record<string, Value>>

/** The name of the configuration that is used where none is named. */
export function activeName(env: Env): string {
  return readTextFile(activeConfigFile(env), 'configuration')?.trim() || 'default'
}

/**
 * The name of the configuration in use: the one that is named, else that of CRAY_CONFIG, else the active one.
 *
 * @param named what `--configuration` says; empty is the active one.
 */
export function configurationName(env: Env, named: string | undefined = env.CRAY_CONFIG): string {
  return named || activeName(env)
}

/** Where a configuration is. Its name may be a path, relative to the folder of the configurations. */
export function configurationPath(env: Env, name: string): string {
  return resolve(configurationsFolder(env), name)
}

/**
 * Reads the configuration in use.
 *
 * @throws CliError where there is none, where nothing is in it, or where it isn't TOML.
 */
export function readConfiguration(env: Env, named?: string): Configuration {
  const name = configurationName(env, named)
  const path = configurationPath(env, name)
  const text = configurationText(name, path)
  const found = readTable(path, text)
  if (Object.keys(found).length === 0) throw noConfiguration(name, path)
  const core = tableAt(found, ['core']) ?? {}
  const login = tableAt(found, ['auth', 'login']) ?? {}
  return {
    name,
    path,
    hostname: textOf(core.hostname),
    username: textOf(login.username) || undefined,
    rsaRequired: login.rsa_required === true || String(login.rsa_required).toLowerCase() === 'true',
    core,
    table: (words) => (hasDefaults(words) ? settings(tableAt(found, words)) : undefined),
    inexact: text.split('\n').some(hasInexactNumber),
  }
}

/** Whether a line gives a number or date that plain data may not keep. It may be very long: an inline table. */
function hasInexactNumber(line: string): boolean {
  const value = /^[^#"'=]*=([^"']*)/.exec(line)?.[1]
  return value !== undefined && /\d[.eE]\d|\d{16}|\d:\d\d|\d-\d\d-/.test(value)
}

/** Whether a command's table holds defaults: what stands in [auth.login] is what a login left there. Source: the original. */
export const hasDefaults = (words: readonly string[]) => words[0] === 'ims'

const settings = (table: Table | undefined) =>
  table && Object.fromEntries(Object.entries(table).map(([key, value]) => [key, toValue(value)]))

// The original takes a folder in its place for none.
function configurationText(name: string, path: string): string {
  try {
    return readTextFile(path, 'configuration') ?? ''
  } catch (error) {
    const { cause, next } = error as CliError
    if ((cause as NodeJS.ErrnoException | undefined)?.code !== 'EISDIR') throw error
    throw new CliError(noConfiguration(name, path).message, { more: [`${path} is a folder.`], next, cause })
  }
}

/** That there is no configuration of this name, in the original's words. */
export function noConfiguration(name: string, path: string): CliError {
  const command = `init${name === 'default' ? '' : ` --configuration ${name}`}`
  const words = ['init', ...(name === 'default' ? [] : ['--configuration', name])]
  return new CliError(`No configuration exists. Run \`cray ${command}\``, {
    more: [`${path} is missing or empty.`],
    next: words,
  })
}

/**
 * The hostname of a configuration.
 *
 * @throws CliError where it has none.
 */
export function requireHostname({ hostname, path }: Configuration): string {
  if (hostname !== undefined) return hostname
  throw new CliError('No hostname configured. Run `cray config set core hostname={Cray API URL}`', {
    more: [`${path} has no hostname in [core].`],
    next: ['config', 'set', 'core', 'hostname=HOST'],
  })
}

/** That a file is no TOML: what is wrong, and in which line, from 1. */
export function invalidToml(path: string, why: string, line: number | undefined, cause: unknown): CliError {
  return new CliError(`${path}${line === undefined ? '' : `, line ${line}`}: not valid TOML: ${why}`, {
    next: pastedWords(['vi', path]),
    cause,
  })
}

function readTable(path: string, text: string): Table {
  try {
    return plain(parseToml(text)) as Table
  } catch (error) {
    const { message, line } = error as Error & { line?: number }
    throw invalidToml(path, message.split('\n')[0]!.split(' at row ')[0]!, line === undefined ? undefined : line + 1, error)
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace(/\.000(?=Z?$)/, '')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

function tableAt(table: Table, path: readonly string[]): Table | undefined {
  let found: unknown = table
  for (const key of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, key)) return undefined
    found = (found as Table)[key]
  }
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Table) : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
