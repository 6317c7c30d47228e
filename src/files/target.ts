import { lstatSync, mkdirSync, rmSync, statSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { CliError } from '../errors.ts'
import { pastedWords } from '../text/shell-words.ts'
import { followLinks, othersMayWrite } from './links.ts'
import { notRegular } from './read-file.ts'
import { fileError } from './reason.ts'

/**
 * The file that a path leads to, behind links.
 *
 * @throws CliError where a link isn't to be trusted, or the way can't be seen.
 */
export function targetOf(path: string): string {
  try {
    return followLinks(path)
  } catch (cause) {
    throw cause instanceof CliError ? cause : fileError(path, 'written', cause)
  }
}

/**
 * Makes a folder, for us alone, and those that it is in.
 *
 * @throws CliError that names it.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const inTheWay = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    throw fileError(path, 'written', inTheWay ? Object.assign(new Error('it is not a folder'), { code: 'ENOTDIR' }) : cause)
  }
}

/**
 * The file that is replaced; undefined where there is none.
 *
 * @param path as it was named.
 * @param target where that leads, by {@link targetOf}.
 * @throws CliError where it is someone else's, Error where it is no file.
 */
export function replaceable(path: string, target: string): Stats | undefined {
  const folder = dirname(target)
  const old = lstatSync(target, { throwIfNoEntry: false })
  if (!old) return undefined
  if (!old.isFile()) throw notRegular(old)
  const around = statSync(folder)
  // Root keeps a user's file that user's, in the user's own folder.
  const theirOwn = around.uid === old.uid && (around.mode & 0o022) === 0
  if (old.uid === process.getuid?.() || !othersMayWrite(around) || theirOwn) return old
  throw new CliError(`${path} can't be written: it is the file of user ${old.uid}, in a folder that others can write`, {
    next: pastedWords(['ls', '-ld', folder, target]),
  })
}

/** Removes a file that is in nobody's way where that fails. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // The disk is read only by now, or it is someone else's.
  }
}
