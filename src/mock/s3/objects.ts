import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'

/** A file with a part of an object's content, in the folder of the objects. */
export interface Piece {
  readonly file: string
  readonly size: number
}

/** An object that is there. */
export interface StoredObject {
  readonly pieces: readonly Piece[]
  /** Without quotes. */
  readonly etag: string
  /** Milliseconds since 1970. */
  readonly modified: number
  readonly type: string
  /** The user's metadata, by names without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** The objects of the mock's S3: their content is in files, what is known of them in memory. */
export interface Objects {
  get(bucket: string, key: string): StoredObject | undefined
  set(bucket: string, key: string, object: StoredObject): void
  /** Removes it; its content, too, unless another object has the same. */
  delete(bucket: string, key: string): void
  /** Gives it another place. */
  move(bucket: string, from: string, to: string): void
  keys(bucket: string): string[]
  /** Whether there was ever one at a place that is gone now. */
  wasDeleted(bucket: string, key: string): boolean
  /** A path for new content. */
  newFile(): { file: string; path: string }
  /** New content from bytes. */
  write(bytes: Uint8Array): Piece
  /** An object's content; undefined for one that is longer. */
  bytes(object: StoredObject, most: number): Buffer | undefined
  open(pieces: readonly Piece[], from?: number, to?: number): Readable
  removeFiles(pieces: readonly Piece[]): void
}

/** All of an object's content, in bytes. */
export const sizeOf = ({ pieces }: Pick<StoredObject, 'pieces'>): number => pieces.reduce((sum, { size }) => sum + size, 0)

export const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

/** Name of the file that says what is where, for a folder that is kept. */
const indexFile = 'index.json'

/**
 * The objects in a folder.
 *
 * @param folder its path; made where it is first needed, and the same each time where it is kept
 * @param kept what is where is written down, for the next time
 */
export function createObjects(folder: () => string, kept = false): Objects {
  let made: string | undefined
  const home = () => {
    if (made === undefined) mkdirSync((made = folder()), { recursive: true, mode: 0o700 })
    return made
  }
  const entries = new Map<string, StoredObject | null>(kept ? readIndex(join(folder(), indexFile)) : [])
  const nameOf = (bucket: string, key: string) => `${bucket}/${key}`
  const changed = () => {
    if (!kept) return
    const draft = join(home(), `${indexFile}.new`)
    writeFileSync(draft, JSON.stringify([...entries]), { mode: 0o600 })
    renameSync(draft, join(home(), indexFile))
  }
  const removeFiles = (pieces: readonly Piece[]) => {
    const used = new Set(Array.from(entries.values(), (object) => object?.pieces ?? []).flatMap((all) => all.map(({ file }) => file)))
    for (const { file } of pieces) if (!used.has(file)) rmSync(join(home(), file), { force: true })
  }
  const put = (name: string, object: StoredObject | null) => {
    const before = entries.get(name)
    entries.set(name, object)
    if (before) removeFiles(before.pieces)
  }
  const newFile = () => {
    const file = randomUUID()
    return { file, path: join(home(), file) }
  }

  return {
    get: (bucket, key) => entries.get(nameOf(bucket, key)) ?? undefined,
    set(bucket, key, object) {
      put(nameOf(bucket, key), object)
      changed()
    },
    delete(bucket, key) {
      if (!entries.has(nameOf(bucket, key))) return
      put(nameOf(bucket, key), null)
      changed()
    },
    move(bucket, from, to) {
      const object = entries.get(nameOf(bucket, from))
      if (!object) return
      entries.set(nameOf(bucket, to), object)
      entries.set(nameOf(bucket, from), null)
      changed()
    },
    keys: (bucket) =>
      [...entries]
        .filter(([name, object]) => object && name.startsWith(`${bucket}/`))
        .map(([name]) => name.slice(bucket.length + 1))
        .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
    wasDeleted: (bucket, key) => entries.get(nameOf(bucket, key)) === null,
    newFile,
    write(bytes) {
      const { file, path } = newFile()
      writeFileSync(path, bytes, { mode: 0o600 })
      return { file, size: bytes.length }
    },
    bytes: (object, most) =>
      sizeOf(object) > most ? undefined : Buffer.concat(object.pieces.map(({ file }) => readFileSync(join(home(), file)))),
    open: (pieces, from = 0, to = Infinity) => Readable.from(read(home(), pieces, from, to), { objectMode: false }),
    removeFiles,
  }
}

/** @param to the last byte that is read */
async function* read(folder: string, pieces: readonly Piece[], from: number, to: number): AsyncGenerator<Buffer> {
  let before = 0
  for (const { file, size } of pieces) {
    const [start, end] = [Math.max(from - before, 0), Math.min(to - before, size - 1)]
    before += size
    if (start <= end) yield* createReadStream(join(folder, file), { start, end, highWaterMark: 256 * 1024 })
  }
}

function readIndex(path: string): [string, StoredObject | null][] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as [string, StoredObject | null][]
  } catch {
    return []
  }
}
