import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
  type Stats,
} from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { CliError } from '../errors.ts'
import { notRegular } from './read-file.ts'
import { fileError } from './reason.ts'

/** Something in a folder. */
export interface TreeEntry {
  /** Below the folder, with slashes. */
  readonly path: string
  readonly stats: Stats
  /** What a symbolic link leads to. */
  readonly target?: string
}

/** Whether a path isn't listed; of a folder, whatever is below it isn't, either. */
export type Skip = (path: string, isFolder: boolean) => boolean

/**
 * All that is in a folder and below, sorted by the bytes of its names; links aren't followed.
 *
 * @param enter is told of each folder before what is in it; the folder itself is ''.
 * @throws CliError where something can't be read, or has a name that isn't UTF-8.
 */
export function* listTree(root: string, skip: Skip, enter: (folder: string) => void, folder = ''): Generator<TreeEntry> {
  enter(folder)
  const names = attempt(join(root, folder), (path) => readdirSync(path, { encoding: 'buffer' })).toSorted(Buffer.compare)
  for (const bytes of names) {
    const name = bytes.toString()
    const path = folder === '' ? name : `${folder}/${name}`
    if (!Buffer.from(name).equals(bytes)) throw new CliError(`${join(root, path)} can't be read: its name isn't UTF-8`)
    const full = join(root, path)
    const stats = attempt(full, () => lstatSync(full))
    if (skip(path, stats.isDirectory())) continue
    yield { path, stats, ...(stats.isSymbolicLink() && { target: attempt(full, () => readlinkSync(full)) }) }
    if (stats.isDirectory()) yield* listTree(root, skip, enter, path)
  }
}

/** Files up to this size, in bytes, are read at once: a stream costs more than they do. */
const smallFile = 256 * 1024

/**
 * The content of a regular file that no link leads to: of a small one the bytes, else a stream.
 *
 * @param size as it was listed; one that has grown since is read up to there and one byte more.
 * @throws CliError where it can't be read.
 */
export function openTreeFile(root: string, path: string, size: number): Buffer | Readable {
  const full = join(root, path)
  const file = attempt(full, () => openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
  let isStream = false
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) throw notRegular(stats)
    if (size <= smallFile) {
      const bytes = Buffer.alloc(size + 1)
      let read = 0
      for (let count = -1; count !== 0 && read < bytes.length; read += count) count = readSync(file, bytes, read, bytes.length - read, read)
      return bytes.subarray(0, read)
    }
    isStream = true
    return createReadStream(full, { fd: file, highWaterMark: smallFile })
  } catch (cause) {
    throw fileError(full, 'read', cause)
  } finally {
    if (!isStream) closeSync(file)
  }
}

function attempt<R>(path: string, work: (path: string) => R): R {
  try {
    return work(path)
  } catch (cause) {
    throw fileError(path, 'read', cause)
  }
}

/** What is at a path, behind links; undefined where there is nothing. @throws CliError where that can't be seen */
export function kindOfPath(path: string): 'folder' | 'file' | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats && (stats.isDirectory() ? 'folder' : 'file')
  } catch (cause) {
    throw fileError(path, 'read', cause)
  }
}
