import { pipeline, Transform, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CliError } from '../errors.ts'
import { streamFile } from '../files/stream-file.ts'
import { formatBytes } from '../text/bytes.ts'
import { mostBytes, mostEntries, type Entry, type EntryKind } from './entries.ts'
import { archiveType, type LocalRecipe } from './source.ts'

/**
 * A gzipped tar archive in a file.
 *
 * @param shown how messages name it; as its path unless given.
 */
export function archiveFile(path: string, shown = path): LocalRecipe {
  const file = streamFile(path)
  return {
    shown,
    read: () => readArchive(() => file.open(), shown),
    async archive() {
      return { size: file.size, md5: await file.md5(), type: archiveType, open: () => file.open() }
    },
  }
}

const kinds: Readonly<Record<string, EntryKind>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  symlink: 'symlink',
  link: 'hard link',
}

/** How large a recipe may be. */
export interface ArchiveLimits {
  readonly entries: number
  /** Of all files together. */
  readonly bytes: number
}

/** That of version 7 has no magic word. The types of the library lack the option. */
const anyFormat: object = { allowUnknownFormat: true }

/** Headers and padding count, too: so much of them for each entry, in bytes. */
const perEntry = 8192

/**
 * Reads a gzipped tar archive piece by piece.
 *
 * @throws CliError where it isn't one, or is larger than a recipe may be.
 */
export async function* readArchive(
  open: () => Readable,
  shown: string,
  limits: ArchiveLimits = { entries: mostEntries, bytes: mostBytes },
): AsyncGenerator<readonly [Entry, AsyncIterable<Buffer>]> {
  const { extract } = await import('tar-stream')
  const refused = (what: string) => new CliError(`${shown} is not a usable recipe: ${what}`)
  const tooLarge = () => refused(`unpacked it is larger than ${formatBytes(limits.bytes)}`)
  let [unpacked, announced, entries] = [0, 0, 0]
  const limited = new Transform({
    transform(chunk: Buffer, _, done) {
      unpacked += chunk.length
      done(unpacked <= limits.bytes + limits.entries * perEntry ? null : tooLarge(), chunk)
    },
  })
  const tar = extract(anyFormat)
  let failure: unknown
  const explained = (cause: unknown) => unreadable(shown, failure ?? cause)
  async function* contentOf(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* content
    } catch (cause) {
      throw explained(cause)
    }
  }
  const source = open()
  pipeline(source, createGunzip(), limited, tar as unknown as NodeJS.WritableStream, (error) => (failure ??= error))
  try {
    for await (const content of tar) {
      const entry = entryOf(content.header)
      if (++entries > limits.entries) throw refused(`it has more than ${limits.entries} entries`)
      if ((announced += entry?.size ?? 0) > limits.bytes) throw tooLarge()
      if (entry) yield [entry, contentOf(content as unknown as AsyncIterable<Buffer>)]
      content.resume()
    }
  } catch (cause) {
    throw explained(cause)
  } finally {
    source.destroy()
    tar.destroy()
  }
}

function unreadable(shown: string, error: unknown): unknown {
  if (error instanceof CliError || !(error instanceof Error)) return error
  return new CliError(`${shown} is not a readable gzipped tar archive: ${wordsOf(error)}`, {
    next: 'tar -C FOLDER -czf ARCHIVE .',
    cause: error,
  })
}

interface TarHeader {
  readonly name: string
  readonly type?: string | null
  readonly size?: number
  readonly mode?: number
  readonly linkname?: string | null
}

/** Undefined for the folder that all is in. */
function entryOf({ name, type, size = 0, mode = 0, linkname }: TarHeader): Entry | undefined {
  const path = normalized(name)
  const kind = kinds[type ?? ''] ?? 'special'
  if (path === '') return undefined
  return {
    path,
    kind,
    size: kind === 'file' ? size : 0,
    mode: mode & 0o7777,
    ...(linkname && { target: kind === 'hard link' ? normalized(linkname) : linkname }),
  }
}

/** As its entries are compared: two spellings of one path would let an entry go through a link. */
const normalized = (name: string) => {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  return `${name.startsWith('/') ? '/' : ''}${parts.join('/')}`
}

function wordsOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'Z_BUF_ERROR' || /unexpected end/i.test(message)) return 'it ends in the middle'
  if (code?.startsWith('Z_')) return `it isn't gzipped, or is broken (${message})`
  return message
}
