import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import process from 'node:process'

/** Who owns a container on this machine: another id than ours where there is one. */
export interface Owner {
  readonly id?: number
}

/** So many ids or more are a machine's, of which some are nobody's. */
const many = 10_000

/**
 * Who is to own a container. Root in there must not be the machine's root, to whom files and settings of the kernel
 * belong: for root it is an id that nobody has. Undefined where there is none to spare.
 */
export function containerOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return {}
  try {
    const ranges = readFileSync('/proc/self/uid_map', 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
    const [first, , count] = ranges.reduce((one, other) => (other[2]! > one[2]! ? other : one)) as [number, number, number]
    // Between what systems give to their users and 2^31.
    return count < many ? undefined : { id: first + randomInt(count >>> 2, count >>> 1) }
  } catch {
    return undefined
  }
}

/** What stands before a command that is to run as the owner. */
export function runAs({ id }: Owner): string[] {
  return id === undefined ? [] : ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups', '--']
}
