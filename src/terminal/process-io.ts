import { fstatSync, realpathSync, writeSync } from 'node:fs'
import type { WriteStream } from 'node:tty'
import { CliError } from '../errors.ts'
import { currentFolder } from '../files/path.ts'
import { sleep } from '../time/timer.ts'
import type { Io, Output } from './io.ts'

/** What belongs to a real process. */
export interface ProcessIo extends Io {
  /** Resolves when all that was written has left the process, also what nobody waited for; with what kept stdout from leaving. */
  written(): Promise<CliError | undefined>
}

/** The streams, environment and signals of a real process, whose program is in `file`. */
export function processIo(of: NodeJS.Process, env: NodeJS.ProcessEnv = of.env, file: string = of.argv[1]!): ProcessIo {
  let interruption: AbortController | undefined
  const stdout = output(1, () => of.stdout as WriteStream)
  const stderr = output(2, () => of.stderr as WriteStream)
  return {
    env,
    get cwd() {
      return currentFolder(of)
    },
    get program() {
      return realpathSync(file)
    },
    // Each stream takes Node a while to set up, and few commands need all.
    get stdin() {
      return of.stdin
    },
    stdout,
    stderr,
    written: async () => (await Promise.all([stdout.written(), stderr.written()]))[0],
    now: Date.now,
    monotonic: () => performance.now(),
    sleep,
    get interrupted() {
      return (interruption ??= onSignals(of)).signal
    },
    nextInterruption: () => onSignals(of).signal,
  }
}

// A handler takes away the signal's own effect, so they are only set for who asks.
function onSignals(of: NodeJS.Process): AbortController {
  const controller = new AbortController()
  for (const [name, exit] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    of.on(name, () => controller.abort(new CliError(`Interrupted by ${name}`, { exit })))
  }
  return controller
}

/** A reader that went away: of a pipe or a socket, or a terminal that was closed. */
const readerLeft = new Set(['EPIPE', 'ECONNRESET', 'EIO'])

/**
 * Where a text goes; its stream is made when it is needed, for that takes longer than most commands' whole output.
 * What stderr can't take is dropped: a log on a full disk mustn't decide what a command comes to.
 */
function output(descriptor: 1 | 2, open: () => WriteStream): Output & { written(): Promise<CliError | undefined> } {
  let gone = false
  let failure: CliError | undefined
  let opened: WriteStream | undefined
  const plain = isPlain(descriptor)
  const stop = (cause: NodeJS.ErrnoException) => {
    if (gone) return
    gone = true
    if (descriptor === 1 && !readerLeft.has(cause.code ?? ''))
      failure = new CliError(`can't write stdout: ${cause.message}`, { more: ['What it holds is not complete.'], cause })
  }
  const stream = () => {
    if (opened) return opened
    opened = open()
    // Without a listener it would crash us.
    opened.on('error', stop)
    return opened
  }
  const writeDirectly = (text: string | Uint8Array): string | Uint8Array => {
    try {
      return writeWhole(descriptor, text)
    } catch (error) {
      stop(error as NodeJS.ErrnoException)
      return ''
    }
  }
  async function write(text: string | Uint8Array): Promise<void> {
    const rest = gone ? '' : plain && !opened ? writeDirectly(text) : text
    if (rest.length > 0) {
      await new Promise<void>((done) => {
        stream().write(rest, (error) => {
          if (error) stop(error)
          done()
        })
      })
    }
    if (failure) throw failure
  }
  return {
    get isTTY() {
      return !plain && stream().isTTY === true
    },
    get columns() {
      return (!plain && stream().columns) || 80
    },
    get closed() {
      return gone
    },
    get stream() {
      return stream()
    },
    written: async () => {
      if (!gone && opened?.writableLength) await new Promise<void>((done) => opened!.write('', () => done()))
      return failure
    },
    write(text) {
      const left = write(text)
      // Not everyone waits for it; `written` tells in the end.
      left.catch(() => {})
      return left
    },
  }
}

/** Whether a descriptor is a file, a pipe or /dev/null: no terminal and no socket. */
function isPlain(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor)
    const devNull = 0x103
    return stat.isFile() || stat.isFIFO() || (stat.isCharacterDevice() && stat.rdev === devNull)
  } catch {
    return false
  }
}

/** Writes until all is written; what is left where the reader of a pipe that doesn't block is slow. */
function writeWhole(descriptor: number, text: string | Uint8Array): Uint8Array {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  let written = 0
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') break
      throw error
    }
  }
  return bytes.subarray(written)
}
