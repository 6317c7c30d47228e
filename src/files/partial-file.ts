import { createHash, type Hash } from 'node:crypto'
import { constants, createReadStream, renameSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CliError } from '../errors.ts'
import { notRegular } from './read-file.ts'
import { fileError } from './reason.ts'
import { makeFolder, removeIfPossible, replaceable, targetOf } from './target.ts'

/** A large file that comes piece by piece, and of which what has come is kept until the next time. */
export interface PartialFile {
  /** How much of it has come, in bytes. */
  readonly size: number
  /**
   * Takes a piece, which must not change any more. It is written with those after it.
   *
   * @throws CliError where the disk is full, and the like: what was written stays
   */
  write(chunk: Uint8Array): Promise<void>
  /** Writes what has come. @throws CliError as {@link write} */
  flush(): Promise<void>
  /** The md5 sum of all that has come, in hexadecimal. */
  md5(): string
  /** Puts it in the file's place. @throws CliError */
  commit(): Promise<void>
  /** Removes it. */
  discard(): Promise<void>
  /** Leaves what is there for the next time. */
  close(): Promise<void>
}

/** Pieces are written together from so many bytes on, while the next come. */
const batch = 1024 * 1024

/**
 * Begins a file, or goes on with what is there of it. It is for its owner alone, beside the file as `.NAME.TAG.part`.
 *
 * @param tag what it is a part of: parts of another version aren't gone on with. Letters, digits and dashes.
 * @throws CliError that names the file and the reason.
 */
export async function openPartial(path: string, tag: string): Promise<PartialFile> {
  const target = targetOf(path)
  makeFolder(dirname(target))
  const part = join(dirname(target), `.${basename(target)}.${tag}.part`)
  const failed = (cause: unknown) => (cause instanceof CliError ? cause : fileError(path, 'written', cause))
  let hash = createHash('md5')
  let file: FileHandle
  try {
    replaceable(path, target)
    file = await open(part, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600)
  } catch (cause) {
    throw failed(cause)
  }
  let size = 0
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw notRegular(stats)
    if (stats.uid !== process.getuid?.()) throw new CliError(`${part} is the file of user ${stats.uid}`)
    size = await readInto(hash, part, stats.size)
  } catch (cause) {
    await file.close()
    throw failed(cause)
  }
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let written = Promise.resolve()

  /** Begins to write what waits, when all before it is written. */
  async function writeWaiting(): Promise<void> {
    await written
    const [pieces, length] = [waiting, waitingBytes]
    if (length === 0) return
    ;[waiting, waitingBytes] = [[], 0]
    written = writeAll(file, pieces, length).catch((cause: unknown) => Promise.reject(failed(cause)))
    // Whoever writes next hears of it.
    written.catch(() => {})
  }
  async function flush(): Promise<void> {
    await writeWaiting()
    await written
  }
  return {
    get size() {
      return size
    },
    async write(chunk) {
      hash.update(chunk)
      size += chunk.length
      waiting.push(chunk)
      waitingBytes += chunk.length
      if (waitingBytes >= batch) await writeWaiting()
    },
    flush,
    md5: () => hash.copy().digest('hex'),
    async commit() {
      await flush()
      try {
        await file.sync()
        await file.close()
        renameSync(part, target)
      } catch (cause) {
        throw failed(cause)
      }
    },
    async discard() {
      await file.close()
      removeIfPossible(part)
      hash = createHash('md5')
    },
    async close() {
      await flush().catch(() => {})
      await file.close()
    },
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[], length: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces)
  if (bytesWritten < length) await file.appendFile(Buffer.concat(pieces).subarray(bytesWritten))
}

async function readInto(hash: Hash, path: string, size: number): Promise<number> {
  if (size === 0) return 0
  for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return size
}
