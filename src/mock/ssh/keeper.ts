import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

/** What the machine's user has in PATH is none of a container's. */
export const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A program that a container lasts as long as. */
export interface Keeper {
  readonly stdout: Readable
  tell(line: string): void
  /** Resolves when it has ended, and the folder is gone. */
  readonly ended: Promise<void>
  end(): Promise<void>
}

/**
 * Starts what keeps a container. It has to end when its input does, which happens however we end, `kill -9` included;
 * the container's folder is removed then. The terminal's Ctrl-C isn't meant for it.
 */
export function startKeeper(folder: string, command: readonly string[]): Keeper {
  const child = spawn('/bin/sh', ['-c', 'folder=$1; shift; "$@"; rm -rf -- "$folder"', 'sh', folder, ...command], {
    cwd: '/',
    detached: true,
    env: { PATH: path },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((done) => {
    child.once('error', () => done())
    child.once('exit', () => done())
  })
  return {
    stdout: child.stdout.setEncoding('utf8'),
    tell: (line) => void child.stdin.write(`${line}\n`),
    ended,
    end() {
      child.stdin.end()
      return ended
    },
  }
}
