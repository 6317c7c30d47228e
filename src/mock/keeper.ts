import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import type { Readable } from 'node:stream'

/** What the machine's user has in PATH is none of a container's. */
export const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A process that removes a folder once its own input ends. */
export interface Keeper {
  readonly stdout: Readable
  tell(line: string): void
  /** Resolves when it has ended, and the folder is gone. */
  readonly ended: Promise<void>
  end(): Promise<void>
}

const waiting = ['/bin/sh', '-c', 'while read -r line; do :; done']

/** A shell may have left folders there that their owner can't look into. */
const script = `folder=$1; shift; "$@"
rm -rf -- "$folder" || { chmod -R u+rwx -- "$folder"; rm -rf -- "$folder"; }`

/**
 * Starts what removes a folder when this process ends, however it does, `kill -9` included. It is a session of its own:
 * neither the terminal's Ctrl-C nor its end is meant for it.
 *
 * @param command what runs meanwhile; it has to end when its input does
 */
export function startKeeper(folder: string, command: readonly string[] = waiting): Keeper {
  const child = spawn('/bin/sh', ['-c', script, 'sh', folder, ...command], {
    cwd: '/',
    detached: true,
    env: { PATH: path },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((done) => {
    const over = () => {
      // A signal for all of a terminal's processes may have ended it before it was a session of its own.
      try {
        rmSync(folder, { recursive: true, force: true })
      } catch {
        // It had the same rights, and could do no more.
      }
      done()
    }
    child.once('error', over)
    child.once('exit', over)
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
