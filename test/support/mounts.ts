import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'

/** Whether we can become another user. */
export const isRoot = process.getuid?.() === 0

/** As describe, but skipped where nothing may be mounted. In CI root must be able to. */
export function describeWithMounts(name: string, body: () => void): void {
  const skip = !mayMount()
  describe.skipIf(skip)(skip ? `${name} (skipped: take root who may mount)` : name, body)
}

/** As describe, but skipped where we can't become another user. */
export function describeAsRoot(name: string, body: () => void): void {
  describe.skipIf(!isRoot)(isRoot ? name : `${name} (skipped: take root)`, body)
}

/** Somebody who isn't root, and a folder of theirs. */
export const stranger = 54_321

/** What runs a command as somebody who isn't root. */
export const asStranger = ['setpriv', `--reuid=${stranger}`, `--regid=${stranger}`, '--clear-groups', '--'] as const

export interface Disk {
  readonly path: string
  /** Leaves so many bytes free. */
  fill(free: number): void
  /** Frees what was filled. */
  empty(): void
  readOnly(): void
  remove(): void
}

/** A disk of its own, of a mebibyte. */
export function makeDisk(): Disk {
  const path = mkdtempSync(join(tmpdir(), 'cray-ims-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0755', 'cray-ims-test', path])
  const filling = join(path, 'filling')
  const empty = () => rmSync(filling, { force: true })
  return {
    path,
    empty,
    fill(free) {
      empty()
      const { bavail, bsize } = statfsSync(path)
      // A folder's entry may take a block, too.
      writeFileSync(filling, '')
      writeFileSync(filling, Buffer.alloc(Math.max(0, bavail * bsize - free)))
    },
    readOnly: () => void execFileSync('mount', ['-o', 'remount,ro', path]),
    remove() {
      spawnSync('umount', ['-l', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** Whether we may mount. In CI root must be able to. */
export const mayMount = (): boolean => isRoot && (process.env.CI === 'true' || canMount())

function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'cray-ims-trial-'))
  mkdirSync(path, { recursive: true })
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'cray-ims-test', path])
  if (status === 0) spawnSync('umount', ['-l', path])
  rmSync(path, { recursive: true, force: true })
  return status === 0
}
