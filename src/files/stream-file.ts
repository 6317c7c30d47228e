import { createHash } from 'node:crypto'
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import type { Readable } from 'node:stream'
import { CliError } from '../errors.ts'
import { partSums, type PartSums } from './part-sums.ts'
import { notRegular } from './read-file.ts'
import { fileError } from './reason.ts'

/** A regular file that may be too large for memory. */
export interface StreamedFile {
  /** In bytes. */
  readonly size: number
  /** All of it, from the start, each time. */
  open(): Readable
  /**
   * The md5 sum of its content, in hexadecimal.
   *
   * @param onProgress is told how much is read. A CliError that it throws ends the reading.
   * @throws CliError where it can't be read
   */
  md5(onProgress?: (bytes: number) => void): Promise<string>
  /** Begins to sum up its parts. @param size of a part, in bytes */
  partSums(size: number): PartSums
}

/**
 * A file that is read piece by piece.
 *
 * @throws CliError where it can't be read, or is no regular file.
 */
export function streamFile(path: string): StreamedFile {
  const size = sizeOf(path)
  const open = () => createReadStream(path, { highWaterMark: 512 * 1024 })
  return {
    size,
    open,
    async md5(onProgress = () => {}) {
      const hash = createHash('md5')
      let read = 0
      try {
        for await (const chunk of open()) {
          hash.update(chunk as Buffer)
          onProgress((read += (chunk as Buffer).length))
        }
      } catch (cause) {
        throw cause instanceof CliError ? cause : fileError(path, 'read', cause)
      }
      return hash.digest('hex')
    },
    partSums: (part) => partSums(path, part),
  }
}

/**
 * The first bytes of a regular file: as many as it has, up to a number.
 *
 * @throws CliError as {@link streamFile}
 */
export function readHead(path: string, most: number): Buffer {
  return withOpened(path, (file) => {
    const head = Buffer.alloc(most)
    return head.subarray(0, readSync(file, head))
  })
}

const sizeOf = (path: string): number => withOpened(path, (_, { size }) => size)

function withOpened<R>(path: string, work: (file: number, stats: Stats) => R): R {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = fstatSync(file)
    if (!stats.isFile()) throw notRegular(stats)
    return work(file, stats)
  } catch (cause) {
    throw fileError(path, 'read', cause)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
