import { createHash } from 'node:crypto'
import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { notRegular } from './read-file.ts'
import { fileError } from './reason.ts'

/** A regular file that may be too large for memory. */
export interface StreamedFile {
  /** In bytes. */
  readonly size: number
  /** All of it, from the start, each time. */
  open(): Readable
  /** Reads all of it. @throws CliError where that fails */
  md5(onProgress?: (bytes: number) => void): Promise<string>
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
        throw fileError(path, 'read', cause)
      }
      return hash.digest('hex')
    },
  }
}

function sizeOf(path: string): number {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = fstatSync(file)
    if (!stats.isFile()) throw notRegular(stats)
    return stats.size
  } catch (cause) {
    throw fileError(path, 'read', cause)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
