import { closeSync, fchmodSync, fchownSync, fsyncSync, lstatSync, mkdirSync, openSync, readlinkSync, renameSync, rmSync, statSync, writeSync, type Stats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * Replaces a file's content as a whole: a reader, or a crash, finds the old text or the new one. The mode is 0600,
 * or what an existing file leaves of it; a symbolic link stays, and its target is written. Folders that are missing
 * are made, with 0700.
 */
export function replaceFile(path: string, text: string): void {
  const target = followLinks(path)
  const folder = dirname(target)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const old = statSync(target, { throwIfNoEntry: false })
  const draft = join(folder, `.${basename(target)}.${process.pid}.tmp`)
  try {
    writeDraft(draft, text, old)
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** Whether a file is the half-written next version of another. */
export function isDraft(name: string): boolean {
  return /^\..+\.\d+\.tmp$/.test(name)
}

function writeDraft(draft: string, text: string, old: Stats | undefined): void {
  // Left behind by a process of the same id that was killed.
  rmSync(draft, { force: true })
  const file = openSync(draft, 'wx', 0o600)
  try {
    keepOwner(file, old)
    if (old) fchmodSync(file, old.mode & 0o600)
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

// Root must not take a user's file away.
function keepOwner(file: number, old: Stats | undefined): void {
  if (!old) return
  try {
    fchownSync(file, old.uid, old.gid)
  } catch {
    // Only root may: for anyone else the file was theirs before.
  }
}

function followLinks(path: string): string {
  let target = path
  for (let hops = 0; hops < 40 && lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink(); hops++) {
    target = resolve(dirname(target), readlinkSync(target))
  }
  return target
}
