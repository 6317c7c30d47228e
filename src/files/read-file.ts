import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { CliError } from '../errors.ts'
import { limits, sizeText, type FileKind } from './limits.ts'
import { fileError } from './reason.ts'

/** A file that was read whole. */
export interface FileContent {
  readonly bytes: Buffer
  readonly stats: Stats
}

/** The number of an open file of ours that a path stands for, as a shell's `<(command)` and `/dev/stdin` do. */
export function descriptorOf(path: string): number | undefined {
  const [, number] = /^\/(?:dev|proc\/self)\/(?:fd\/(\d{1,6})|stdin)$/.exec(path) ?? []
  return number === undefined ? (path === '/dev/stdin' ? 0 : undefined) : Number(number)
}

/**
 * Reads a file as a whole: a regular one, or a pipe that was handed to us open. A named pipe would make us wait for
 * someone who writes to it, and a device may have no end.
 *
 * @throws Error of the system, with code ENOTREG or EISDIR where it is no regular file, with EFBIG where it is larger
 * than its kind may be. {@link reasonOf} has its words.
 */
export function readFile(path: string, kind: FileKind): FileContent {
  const handed = descriptorOf(path)
  const stats = handed === undefined ? undefined : fstatSync(handed)
  if (stats && (stats.isFIFO() || stats.isSocket() || stats.isCharacterDevice())) return { bytes: readAll(handed!, stats, kind), stats }
  const file = openFile(path, kind)
  try {
    return { bytes: file.rest(), stats: file.stats }
  } finally {
    file.close()
  }
}

/** A regular file that is open. */
export interface OpenFile {
  readonly stats: Stats
  /** What wasn't read yet. @throws Error as {@link readFile} */
  rest(): Buffer
  close(): void
}

/**
 * Opens a regular file.
 *
 * @param flags besides those of reading, as those that make it.
 * @throws Error as {@link readFile}
 */
export function openFile(path: string, kind: FileKind, flags = 0): OpenFile {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags, 0o600)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) throw notRegular(stats)
    return { stats, rest: () => readAll(file, stats, kind), close: () => closeSync(file) }
  } catch (error) {
    closeSync(file)
    throw error
  }
}

/**
 * Reads what is left of stdin.
 *
 * @throws Error as {@link readFile}
 */
export function readStdin(kind: FileKind): Buffer {
  const stats = fstatSync(0)
  if (stats.isDirectory()) throw notRegular(stats)
  return readAll(0, stats, kind)
}

/**
 * The text of a file, without a byte order mark; undefined where there is none.
 *
 * @throws CliError that names the file where it can't be read, or isn't UTF-8.
 */
export function readTextFile(path: string, kind: FileKind): string | undefined {
  let bytes: Buffer
  try {
    bytes = readFile(path, kind).bytes
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw fileError(path, 'read', cause)
  }
  return textOf(path, bytes)
}

/**
 * The text that a file's bytes are, without a byte order mark.
 *
 * @throws CliError where they aren't UTF-8.
 */
export function textOf(path: string, bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (text.includes('\ufffd') && !Buffer.from(text).equals(bytes)) {
    throw new CliError(`${path} is not text: line ${text.slice(0, text.indexOf('\ufffd')).split('\n').length} isn't UTF-8`)
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** That what is there is no regular file. */
export function notRegular(stats: Stats): Error {
  const what = stats.isDirectory() ? 'a folder' : stats.isFIFO() ? 'a named pipe' : stats.isSocket() ? 'a socket' : 'a device'
  return Object.assign(new Error(`it is ${what}, not a file`), { code: stats.isDirectory() ? 'EISDIR' : 'ENOTREG' })
}

// One call reads a file whole: that it gives less than was asked for says that the file has ended.
function readAll(file: number, stats: Stats, kind: FileKind): Buffer {
  const { most, what } = limits[kind]
  const size = stats.isFile() ? stats.size : 0
  const chunks: Buffer[] = []
  for (let total = 0; total <= most && size <= most;) {
    const chunk = Buffer.allocUnsafe(size > total ? size - total + 1 : Math.min(65_536, most + 1 - total))
    const count = readSome(file, chunk)
    total += count
    chunks.push(chunk.subarray(0, count))
    if (count === 0 || (size > 0 && total >= size && count < chunk.length)) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  }
  throw Object.assign(new Error(`it is larger than ${what} may be, which is ${sizeText(most)}`), { code: 'EFBIG' })
}

function readSome(file: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(file, chunk, 0, chunk.length, null)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      // Whoever shares the pipe with us made it one that doesn't wait.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}
