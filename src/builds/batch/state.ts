import { createHash } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { CliError } from '../../errors.ts'
import type { Held } from '../../files/lock.ts'
import { readTextFile } from '../../files/read-file.ts'
import { fileError } from '../../files/reason.ts'
import { replaceFile } from '../../files/write-file.ts'
import { pastedWords } from '../../text/shell-words.ts'
import { isObject } from '../../json/is-object.ts'

/** How far an image of a file has come. */
export interface EntryState {
  /** A hash of what was ordered, of {@link orderHash}. */
  readonly order: string
  /** Ids of the jobs of that name that were there before its own was asked for: one besides them is its own. */
  readonly before?: readonly string[]
  /** When its job was asked for: a time of ISO 8601. An older job is another one. */
  readonly attempted?: string
  /** The id of the recipe or image that it is made from. */
  readonly source?: string
  /** The id of its job, until nothing is to be done with that any more. */
  readonly job?: string
  /** The id of the image that is deleted once it is made. */
  readonly replaces?: string
  /** The id of the image, once it is made. */
  readonly image?: string
}

/** What is kept beside a file of images, so that the same command again goes on where it ended. */
export interface FileState {
  /** By the image's name. */
  of(name: string): EntryState | undefined
  /** Written before it returns; undefined takes the image out. @throws CliError where it can't be. */
  set(name: string, state: EntryState | undefined): void
  /** @throws CliError where another process may be at work on the file: nothing may be done any more. */
  check(): void
}

const version = 1

/** Where the state of a file of images is: `images.yaml.state`. */
export function statePath(file: string): string {
  return `${file}.state`
}

/** @throws CliError where the state of a file would have no place to be written to. */
export function requireWritable(file: string): void {
  const path = statePath(file)
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw notKept(path, fileError(path, 'written', cause))
  }
}

/**
 * The state of a file of images.
 *
 * @param file the file of images.
 * @param held the lock of its state; without one it is only read.
 * @throws CliError where there is something else in its place, which is left alone.
 */
export function openState(file: string, held?: Pick<Held, 'check'>): FileState {
  const path = statePath(file)
  const states = read(path)
  const check = () => held?.check()
  return {
    check,
    of: (name) => states.get(name),
    set(name, state) {
      check()
      if (state) states.set(name, state)
      else states.delete(name)
      try {
        replaceFile(path, `${JSON.stringify({ version, images: Object.fromEntries(states) }, null, 2)}\n`)
      } catch (cause) {
        throw notKept(path, cause as CliError)
      }
    },
  }
}

/**
 * A hash of an order: the same for the same keys with the same values, in whatever order.
 *
 * @param contents what the order only names: the text of its script, the id of its base.
 */
export function orderHash(order: object, contents: readonly (string | Uint8Array | undefined)[] = []): string {
  const sorted = Object.entries(order)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const hash = createHash('sha256').update(JSON.stringify(sorted))
  for (const content of contents) hash.update(`\0${content === undefined ? 'none' : createHash('sha256').update(content).digest('hex')}`)
  return hash.digest('hex')
}

function read(path: string): Map<string, EntryState> {
  let text: string | undefined
  try {
    text = readTextFile(path, 'state')
  } catch (failure) {
    if ((failure as { cause?: NodeJS.ErrnoException }).cause?.code === 'EISDIR') throw unusable(path, 'it is a folder', failure)
    throw failure
  }
  if (text === undefined) return new Map()
  const found = parse(path, text)
  const { version: theirs, images } = (found ?? {}) as { version?: unknown; images?: unknown }
  if (typeof theirs === 'number' && theirs !== version)
    throw unusable(path, `it is of version ${theirs}, and this program keeps version ${version}`)
  if (theirs !== version || !isObject(images)) throw unusable(path, 'it is not what a build of this file keeps there')
  for (const [name, state] of Object.entries(images))
    if (!isState(state)) throw unusable(path, `what it has of ${JSON.stringify(name)} makes no sense`)
  return new Map(Object.entries(images as Record<string, EntryState>))
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unusable(path, text.trim() === '' ? 'it is empty' : 'it is not JSON', cause)
  }
}

const isId = (value: unknown) => value === undefined || (typeof value === 'string' && value !== '')

function isState(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.order === 'string' &&
    [value.job, value.image, value.replaces, value.source].every(isId) &&
    (value.attempted === undefined || (typeof value.attempted === 'string' && !Number.isNaN(Date.parse(value.attempted)))) &&
    (value.before === undefined || (Array.isArray(value.before) && value.before.every(isId)))
  )
}

function unusable(path: string, why: string, cause?: unknown): CliError {
  return new CliError(`${path} can't be used: ${why}`, {
    more: ['It should hold which jobs and images were made already. Without it, they are made anew.'],
    next: pastedWords(['mv', path, `${path}.old`]),
    cause,
  })
}

function notKept(path: string, { message, next, cause }: CliError): CliError {
  return new CliError(message, { more: [`What was made is kept there: ${dirname(path)} has to be writable.`], next, cause })
}
