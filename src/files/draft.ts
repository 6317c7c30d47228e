import { randomBytes } from 'node:crypto'
import { closeSync, constants, fchmodSync, fchownSync, fsyncSync, openSync, readdirSync, renameSync, writeSync, type Stats } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CliError } from '../errors.ts'
import { fileError } from './reason.ts'
import { makeFolder, removeIfPossible, replaceable, targetOf } from './target.ts'

/** The next version of a file, which takes its place as a whole or not at all. */
export interface Draft {
  /** @throws CliError where the disk is full, and the like: the file stays as it was. */
  write(content: string | Uint8Array): void
  /** Puts it in the file's place, where it lasts also if the machine fails. @throws CliError as {@link Draft.write} */
  commit(): void
  /** Removes it; after {@link Draft.commit}, or where writing failed, nothing is left to be removed. */
  discard(): void
}

/**
 * Begins the next version of a file.
 *
 * @param how cache: it can be had again. A link in its place isn't followed, and it isn't waited for that it would outlast a
 * machine that fails.
 * @throws CliError that names the file and the reason.
 */
export function openDraft(path: string, { cache = false } = {}): Draft {
  const target = cache ? join(targetOf(dirname(path)), basename(path)) : targetOf(path)
  const folder = dirname(target)
  makeFolder(folder)
  let draft: string | undefined
  let file: number | undefined
  const close = () => {
    const opened = file
    // Also one that fails is closed.
    file = undefined
    if (opened !== undefined) closeSync(opened)
  }
  const discard = () => {
    try {
      close()
    } catch {
      // What it held isn't needed.
    }
    if (draft !== undefined) removeIfPossible(draft)
    draft = undefined
  }
  const attempt = (work: () => void) => {
    try {
      work()
    } catch (cause) {
      discard()
      throw cause instanceof CliError ? cause : fileError(path, 'written', cause)
    }
  }
  attempt(() => {
    const old = replaceable(path, target)
    const name = join(folder, `.${basename(target)}.${randomBytes(8).toString('hex')}.tmp`)
    file = openSync(name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
    draft = name
    if (!old) return
    keepOwner(file, old)
    fchmodSync(file, old.mode & 0o600)
  })
  return {
    discard,
    write: (content) => attempt(() => writeAll(file!, content)),
    commit: () =>
      attempt(() => {
        if (!cache) fsyncSync(file!)
        close()
        renameSync(draft!, target)
        draft = undefined
        if (!cache) syncFolder(folder)
      }),
  }
}

const draftName = /^\.(.+)\.(?:\d+|[\da-f]{16})\.tmp$/

/** Whether a file is the half-written next version of another. */
export function isDraft(name: string): boolean {
  return draftName.test(name)
}

/** Removes what processes that were killed have left of a file's next version. Only for who holds the file's lock. */
export function removeDrafts(target: string): void {
  const folder = dirname(target)
  try {
    for (const name of readdirSync(folder)) if (draftName.exec(name)?.[1] === basename(target)) removeIfPossible(join(folder, name))
  } catch {
    // The folder can be written, but not read.
  }
}

/** Writes all of it, however much of it one call takes. @throws Error of the system */
export function writeAll(file: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  for (let written = 0; written < bytes.length;) {
    const count = writeSync(file, bytes, written)
    if (count === 0) throw new Error('nothing more could be written')
    written += count
  }
}

// Root must not take a user's file away.
function keepOwner(file: number, old: Stats): void {
  try {
    fchownSync(file, old.uid, old.gid)
  } catch {
    // Only root may: for anyone else it becomes theirs.
  }
}

// That the file is another one now is kept in its folder.
function syncFolder(folder: string): void {
  let file: number
  try {
    file = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    // It may be written, but not read.
    return
  }
  try {
    fsyncSync(file)
  } catch (error) {
    // Some file systems can't, and need not.
    if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    closeSync(file)
  }
}
