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
  /** How much of it is there, in bytes. */
  readonly size: number
  /** @throws CliError where the disk is full, and the like: what was written stays */
  write(chunk: Uint8Array): Promise<void>
  /** The md5 sum of all that is there, in hexadecimal. */
  md5(): string
  /** Puts it in the file's place. @throws CliError */
  commit(): Promise<void>
  /** Removes it. */
  discard(): Promise<void>
  /** Leaves what is there for the next time. */
  close(): Promise<void>
}

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
  return {
    get size() {
      return size
    },
    async write(chunk) {
      try {
        // Where the disk is full, a part of the piece may be there: it is taken away, so that size and sum stay true.
        await file.appendFile(chunk).catch(async (cause: unknown) => {
          await file.truncate(size)
          throw cause
        })
        hash.update(chunk)
        size += chunk.length
      } catch (cause) {
        throw failed(cause)
      }
    },
    md5: () => hash.copy().digest('hex'),
    async commit() {
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
    close: () => file.close(),
  }
}

async function readInto(hash: Hash, path: string, size: number): Promise<number> {
  if (size === 0) return 0
  for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return size
}
