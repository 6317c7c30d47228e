import { constants } from 'node:fs'
import type { FileKind } from './limits.ts'
import { withLock } from './lock.ts'
import { openFile, readTextFile } from './read-file.ts'
import { fileError } from './reason.ts'
import { appendFile, replaceFile } from './write-file.ts'

/**
 * Changes a file's text: no other process of ours changes it between its reading and its writing. Nothing is written
 * when the change throws.
 *
 * @param change gives the new text for the old one, which is undefined where there is no file.
 * @throws CliError where it can't be read or written, or another process doesn't come to an end with it.
 */
export function updateFile(path: string, kind: FileKind, change: (text: string | undefined) => string): Promise<void> {
  return withLock(path, ({ target, check }) => {
    const text = change(readTextFile(target, kind))
    check()
    replaceFile(target, text)
  })
}

/**
 * Changes a file's text as {@link updateFile} does, where other programs append to it without a lock: what they
 * append to the old file, while the new one takes its place, is appended to the new one.
 *
 * @param change gives the new text for the old one, which is empty where there is no file.
 */
export function rewriteLog(path: string, kind: FileKind, change: (text: string) => string): Promise<void> {
  return withLock(path, ({ target, check }) => {
    // Made where it is missing, so that there is an old file that others append to.
    const old = attempt(path, () => openFile(target, kind, constants.O_CREAT | constants.O_NOFOLLOW))
    const rest = () => attempt(path, old.rest).toString()
    try {
      const text = change(rest())
      check()
      replaceFile(target, text)
      for (let more = rest(); more !== ''; more = rest()) appendFile(target, more)
    } finally {
      old.close()
    }
  })
}

function attempt<R>(path: string, work: () => R): R {
  try {
    return work()
  } catch (cause) {
    throw fileError(path, 'read', cause)
  }
}
