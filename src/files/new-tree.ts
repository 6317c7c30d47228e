import { constants, linkSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CliError } from '../errors.ts'
import { pastedWords } from '../text/shell-words.ts'
import { fileError, reasonOf } from './reason.ts'
import { makeFolder } from './target.ts'

/**
 * A folder that is put together beside its place, and is there once all of it is. Paths are those of an archive whose
 * entries stay inside. Links are made last, so that nothing is written through one.
 */
export interface NewTree {
  folder(path: string): void
  /** @throws CliError where the disk is full, and the like */
  file(path: string, mode: number, content: AsyncIterable<Buffer>): Promise<void>
  hardLink(path: string, target: string): void
  symlink(path: string, target: string): void
  /** Puts it in its place. @throws CliError */
  commit(): void
  /** Removes what isn't in its place. */
  discard(): void
}

/**
 * Begins a folder. The caller keeps others from beginning the same one.
 *
 * @throws CliError where something is in its place: anything but an empty folder.
 */
export function beginTree(target: string, shown: string): NewTree {
  refuseUsed(target, shown)
  makeFolder(dirname(target))
  const root = join(dirname(target), `.${basename(target)}.unpacking`)
  const links: (readonly [string, string])[] = []
  const at = (path: string) => join(root, path)
  const attempt = (path: string, work: () => void) => {
    try {
      work()
    } catch (cause) {
      throw fileError(join(shown, path), 'written', cause)
    }
  }
  const parent = (path: string) => mkdirSync(dirname(at(path)), { recursive: true })
  const discard = () => rmSync(root, { recursive: true, force: true })
  attempt('', () => {
    // One that was killed has left it.
    discard()
    mkdirSync(root)
  })
  return {
    folder: (path) => attempt(path, () => void mkdirSync(at(path), { recursive: true })),
    async file(path, mode, content) {
      attempt(path, () => {
        parent(path)
        rmSync(at(path), { force: true })
      })
      let read = false
      try {
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
        const file = await open(at(path), flags, (mode & 0o777) | 0o600)
        try {
          for await (const chunk of failingAs(content, () => (read = true))) await file.writeFile(chunk)
        } finally {
          await file.close()
        }
      } catch (cause) {
        throw read || cause instanceof CliError ? cause : fileError(join(shown, path), 'written', cause)
      }
    },
    hardLink: (path, linked) =>
      attempt(path, () => {
        parent(path)
        linkSync(at(linked), at(path))
      }),
    symlink: (path, leadsTo) => void links.push([path, leadsTo]),
    commit() {
      for (const [path, leadsTo] of links)
        attempt(path, () => {
          parent(path)
          symlinkSync(leadsTo, at(path))
        })
      attempt('', () => renameSync(root, target))
    },
    discard() {
      try {
        discard()
      } catch (cause) {
        throw new CliError(`${root} can't be removed: ${reasonOf(cause)}`, { next: pastedWords(['rm', '-r', root]), cause })
      }
    },
  }
}

/** Content whose own failure is told apart from that of writing it. */
async function* failingAs(content: AsyncIterable<Buffer>, onFailure: () => void): AsyncGenerator<Buffer> {
  try {
    yield* content
  } catch (error) {
    onFailure()
    throw error
  }
}

function refuseUsed(target: string, shown: string): void {
  let names: string[]
  try {
    names = readdirSync(target)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return
    throw fileError(shown, 'written', cause)
  }
  if (names.length > 0)
    throw new CliError(`${shown} isn't empty`, { more: ['Nothing is unpacked over what is there.'], next: '--dir DIR, of a new folder' })
}
