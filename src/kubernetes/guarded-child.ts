import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import process from 'node:process'
import type { Readable } from 'node:stream'

/** A program that can't outlive us. */
export interface GuardedChild {
  readonly stdout: Readable
  readonly stderr: Readable
  /** Its exit code (128 + n after signal n), once its output has been read. Rejects when it can't start. */
  readonly ended: Promise<number>
  /** Ends it and whatever it started, at once. */
  kill(): void
}

// Descriptor 3 is a pipe from us that nobody writes to: it ends when we do, however we do, and then the whole process
// group is killed. The program's own end takes the watcher along, so that no number is killed that was given anew.
const guard = '"$@" 3<&- & p=$!; (read -r _; kill -9 0) <&3 >/dev/null 2>&1 & w=$!; wait $p; s=$?; kill -9 $w; exit $s'

/** Starts a program of PATH, without input, in a process group of its own: a Ctrl-C in the terminal is ours alone. */
export function startGuarded(command: readonly string[], env: Readonly<Record<string, string | undefined>>): GuardedChild {
  const child = spawn('/bin/sh', ['-c', guard, 'sh', ...command], {
    detached: true,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  // Where this process may open no more files, it gets no streams at all.
  if (!child.stdio?.[3]) throw new Error('this process has too many files open')
  const lifeline = child.stdio[3] as Readable
  // Broken by design when the child ends first.
  lifeline.on('error', () => {})
  let over = false
  return {
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    ended: new Promise((done, fail) => {
      child.on('error', fail)
      child.on('exit', () => lifeline.destroy())
      child.on('close', (code, signal) => {
        over = true
        done(code ?? 128 + constants.signals[signal!])
      })
    }),
    kill() {
      if (over || child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has just ended.
      }
    },
  }
}
