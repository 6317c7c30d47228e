import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A `kubectl` that is a few lines of shell. */
export interface StandIn {
  /** Where it is; `$DIR` in its script. */
  readonly folder: string
  readonly env: Record<string, string>
  /** The argument lists it was called with, joined by spaces. */
  calls(): string[]
  remove(): void
}

/** Puts a shell script onto a PATH as `kubectl`; `$C` in it is the container that is asked for by `-c`. */
export function standInKubectl(script: string): StandIn {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-'))
  const own = join(folder, 'kubectl')
  const calls = join(folder, 'calls')
  const container = 'C=; for a in "$@"; do [ "$p" = -c ] && [ -z "$C" ] && C=$a; p=$a; done'
  writeFileSync(own, `#!/bin/sh\nDIR=${folder}\necho "$*" >>${calls}\n${container}\n${script}\n`)
  chmodSync(own, 0o755)
  return {
    folder,
    env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder },
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : []),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // One that nobody has taken leave of is dead all the same.
  return !/^State:\s+Z/m.test(readStatus(pid))
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}
