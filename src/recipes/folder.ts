import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { Pack } from 'tar-stream'
import { CliError } from '../errors.ts'
import { listTree, openTreeFile, type TreeEntry } from '../files/folder-tree.ts'
import { fileError } from '../files/reason.ts'
import { formatBytes } from '../text/bytes.ts'
import { mostBytes, mostEntries, type Entry, type EntryKind } from './entries.ts'
import { ignoreRules } from './ignore-rules.ts'
import { archiveType, type LocalRecipe } from './source.ts'

/** When everything in an archive was changed last, so that the same content makes the same archive: 1980-01-01. */
const mtime = new Date(Date.UTC(1980, 0))

/**
 * A recipe's folder.
 *
 * @param exclude what isn't part of it, as lines of .gitignore say it.
 * @throws CliError where it can't be read, or is larger than a recipe may be.
 */
export async function recipeFolder(root: string, shown: string, exclude: readonly string[] = []): Promise<LocalRecipe> {
  const rules = await ignoreRules(root, exclude)
  const entries: Entry[] = []
  let bytes = 0
  for (const found of listTree(root, rules.skip, rules.enter)) {
    const entry = entryOf(found)
    bytes += entry.size
    if (entries.push(entry) > mostEntries) throw tooLarge(shown, `it has more than ${mostEntries} entries`)
    if (bytes > mostBytes) throw tooLarge(shown, `it is larger than ${formatBytes(mostBytes)}`)
  }
  return {
    shown,
    async *read() {
      for (const entry of entries) yield [entry, contentOf(root, entry)]
    },
    async archive() {
      const hash = createHash('md5')
      let size = 0
      for await (const chunk of pack(root, entries)) {
        hash.update(chunk as Buffer)
        size += (chunk as Buffer).length
      }
      return { size, md5: hash.digest('hex'), type: archiveType, open: () => pack(root, entries) }
    },
    leftOut: rules.leftOut,
  }
}

/** Opened once it is read: of many files few are. */
async function* contentOf(root: string, { path, kind, size }: Entry): AsyncGenerator<Buffer> {
  if (kind !== 'file') return
  const content = openTreeFile(root, path, size)
  if (Buffer.isBuffer(content)) yield content
  else yield* content as AsyncIterable<Buffer>
}

const tooLarge = (shown: string, what: string) =>
  new CliError(`${shown} is not a usable recipe: ${what}`, { next: 'list in .imsignore what is not part of it' })

function entryOf({ path, stats, target }: TreeEntry): Entry {
  const kind: EntryKind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : target === undefined ? 'special' : 'symlink'
  return { path, kind, size: kind === 'file' ? stats.size : 0, mode: stats.mode & 0o7777, ...(target !== undefined && { target }) }
}

/** The gzipped tar archive of a folder: of the permissions only whether a file is executable, no owner, no times. */
function pack(root: string, entries: readonly Entry[]): Readable {
  const gzip = createGzip()
  // Whoever reads it is told of what fails.
  pipeline(tarOf(root, entries), gzip, () => {})
  return gzip
}

async function* tarOf(root: string, entries: readonly Entry[]): AsyncGenerator<Buffer> {
  const { pack: begin } = await import('tar-stream')
  const packed = begin()
  const failure = addAll(packed, root, entries).then(
    () => undefined,
    (error: Error) => {
      packed.destroy()
      return error
    },
  )
  try {
    for await (const chunk of packed) yield chunk as Buffer
  } catch (error) {
    throw (await failure) ?? error
  } finally {
    packed.destroy()
  }
  const error = await failure
  if (error !== undefined) throw error
}

async function addAll(packed: Pack, root: string, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) await add(packed, root, entry)
  packed.finalize()
}

async function add(packed: Pack, root: string, { path, kind, size, mode, target }: Entry): Promise<void> {
  const common = { mtime, uid: 0, gid: 0, uname: '', gname: '' }
  if (kind === 'folder') packed.entry({ ...common, name: `${path}/`, type: 'directory', mode: 0o755 })
  else if (kind === 'symlink') packed.entry({ ...common, name: path, type: 'symlink', mode: 0o777, linkname: target! })
  else
    await addFile(
      packed,
      { ...common, name: path, type: 'file', size, mode: mode & 0o100 ? 0o755 : 0o644 },
      join(root, path),
      openTreeFile(root, path, size),
    )
}

/** @throws CliError where its size isn't what the header says */
async function addFile(packed: Pack, header: Header, full: string, content: Buffer | Readable): Promise<void> {
  const changed = (cause?: unknown) => new CliError(`${full} changed while it was read`, { next: 'the same command again', cause })
  if (Buffer.isBuffer(content)) {
    if (content.length !== header.size) throw changed()
    // Resolves once whoever reads the archive has room again.
    return new Promise((done, fail) => void packed.entry(header, content, (error) => (error ? fail(changed(error)) : done())))
  }
  let unread: CliError | undefined
  await new Promise<void>((done, fail) => {
    const sink = packed.entry(header, (error) => (error ? fail(unread ?? changed(error)) : done()))
    sink.on('error', () => {})
    content.on('error', (error) => {
      unread = fileError(full, 'read', error)
      sink.destroy(error)
    })
    content.pipe(sink as unknown as NodeJS.WritableStream)
  }).finally(() => content.destroy())
}

type Header = Parameters<Pack['entry']>[0]
