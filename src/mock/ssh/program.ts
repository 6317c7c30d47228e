import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { shellWord } from '../../text/shell-words.ts'
import { path } from './keeper.ts'

export interface TerminalSize {
  readonly rows: number
  readonly columns: number
}

/** What is to run. */
export interface Program {
  /** For the shell; without one the shell itself runs. */
  readonly command: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly terminal?: TerminalSize
}

/** How a program ended. */
export type Ended = { readonly code: number } | { readonly signal: NodeJS.Signals }

/** A program that runs in a container. */
export interface Running {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** When it has ended, and nothing holds its outputs any more. */
  readonly ended: Promise<Ended>
  /** Sends a signal, named without `SIG`. */
  signal(name: string): Promise<void>
  resize(size: TerminalSize): Promise<void>
}

/** How a container starts its programs. */
export interface Way {
  /** What stands before a command that is to run inside. */
  readonly enter: readonly string[]
  /** A folder of the machine. */
  readonly cwd: string
  /** Sends a signal to a process group, whose number is that of the inside. */
  kill(group: number, signal: string): void
}

// The group is said on descriptor 3, and the terminal with it.
const saying = (what: string, then: string) => `echo ${what} >&3; exec 3>&-; ${then}`

/** Starts a program in a process group of its own. There is no native module for its terminal: `script` makes one. */
export function startProgram({ command, env, terminal }: Program, { enter, cwd, kill }: Way): Running {
  const shell = `exec /bin/sh${command === undefined ? '' : ` -c ${shellWord(command)}`}`
  const [file, ...args] = terminal
    ? [...enter, 'script', '-qfec', inTerminal(terminal, command === undefined ? `${shell} -i` : shell), '/dev/null']
    : [...enter, '/bin/sh', '-c', saying('$$', shell)]
  const child = spawn(file!, args, {
    cwd,
    detached: true,
    env: { ...env, PATH: path, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  const line = firstLine(child.stdio[3] as Readable)
  let over = false
  let resized = Promise.resolve()
  child.once('exit', () => (over = true))
  return {
    stdin: child.stdin!,
    stdout: child.stdout!,
    stderr: child.stderr!,
    ended: new Promise((done) => {
      child.once('error', () => done({ code: 127 }))
      child.once('close', (code, signal) => done(signal === null ? { code: code! } : { signal }))
    }),
    async signal(name) {
      const [group] = (await line).split(' ')
      if (group && !over) kill(Number(group), name)
    },
    // The last one counts, so that none may overtake another.
    resize: (size) =>
      (resized = resized.then(async () => {
        const [, terminal] = (await line).split(' ')
        if (terminal && !over) await setSize(terminal, size)
      })),
  }
}

function inTerminal({ rows, columns }: TerminalSize, run: string): string {
  return `stty rows ${rows} cols ${columns}; ${saying('"$$ $(tty)"', run)}`
}

// A terminal in there is one of the machine's.
function setSize(terminal: string, { rows, columns }: TerminalSize): Promise<void> {
  const args = ['-F', terminal, 'rows', String(rows), 'cols', String(columns)]
  const child = spawn('stty', args, { env: { PATH: path }, stdio: 'ignore' })
  return new Promise((done) => {
    child.once('error', () => done())
    child.once('exit', () => done())
  })
}

// Others may hold the pipe open, so that its end isn't waited for.
function firstLine(stream: Readable): Promise<string> {
  return new Promise((done) => {
    let text = ''
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (!text.includes('\n')) return
      done(text.trim())
      stream.destroy()
    })
    stream.on('error', () => {})
    stream.on('close', () => done(text.trim()))
  })
}
