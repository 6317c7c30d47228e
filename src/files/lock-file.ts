import { lstatSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { lifeOf, readHolder } from './lock-holder.ts'
import { readFile } from './read-file.ts'

/**
 * Makes a lock; false where there is one. A symbolic link is there with its text or not at all, also on NFS; nobody
 * follows it.
 *
 * @throws Error of the system
 */
export function createLock(lock: string, owner: string): boolean {
  try {
    symlinkSync(owner, lock)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // The file systems of Windows and memory cards have no links.
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(code ?? '')) throw error
    return createFile(lock, owner)
  }
}

function createFile(lock: string, owner: string): boolean {
  try {
    writeFileSync(lock, owner, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** What a lock says; undefined where there is none. */
export function ownerOf(lock: string): string | undefined {
  try {
    const stats = lstatSync(lock, { throwIfNoEntry: false })
    if (!stats) return undefined
    return stats.isSymbolicLink() ? readlinkSync(lock) : readFile(lock, 'state').bytes.toString()
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : ''
  }
}

/**
 * Removes the lock of a holder that has ended; false where another process does so, or it can't be removed. Several may
 * find that it has ended: one at a time removes the lock, so that nobody removes the next one's.
 *
 * @param owner what the lock says.
 * @param mine what ours would say.
 */
export function removeEnded(lock: string, owner: string, mine: string): boolean {
  const guard = `${lock}.guard`
  try {
    if (!createLock(guard, mine)) {
      const other = readHolder(ownerOf(guard) ?? '')
      if (!other || lifeOf(other) !== 'ended') return false
      rmSync(guard, { force: true })
      return true
    }
    try {
      if (ownerOf(lock) === owner) rmSync(lock, { force: true })
    } finally {
      rmSync(guard, { force: true })
    }
    return true
  } catch {
    return false
  }
}
