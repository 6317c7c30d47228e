import { fstatSync, writeSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { WriteStream } from 'node:tty'
import { Failure } from '../errors.ts'
import { timerDelay } from '../text/timer-delay.ts'
import type { Io, Output } from './io.ts'

/** What belongs to a real process. */
export interface ProcessIo extends Io {
  /** Resolves when all that was written has left the process, also what nobody waited for. */
  written(): Promise<unknown>
}

/** The streams, environment and signals of a real process. */
export function processIo(of: NodeJS.Process): ProcessIo {
  let interruption: AbortController | undefined
  const stdout = output(1, () => of.stdout as WriteStream)
  const stderr = output(2, () => of.stderr as WriteStream)
  return {
    env: of.env,
    cwd: of.cwd(),
    // Each stream takes Node a while to set up, and few commands need all.
    get stdin() {
      return of.stdin
    },
    stdout,
    stderr,
    written: () => Promise.all([stdout.written(), stderr.written()]),
    now: Date.now,
    sleep: (milliseconds, signal) =>
      wait(timerDelay(milliseconds), undefined, { signal }).catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : error
      }),
    get interrupted() {
      return (interruption ??= onSignals(of)).signal
    },
    nextInterruption: () => onSignals(of).signal,
  }
}

// A handler takes away the signal's own effect, so they are only set for who asks.
function onSignals(of: NodeJS.Process): AbortController {
  const controller = new AbortController()
  for (const [name, exit] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    of.on(name, () => controller.abort(new Failure(`Interrupted by ${name}`, { exit })))
  }
  return controller
}

/** Where a text goes; its stream is made when it is needed, for that takes longer than most commands' whole output. */
function output(descriptor: number, open: () => WriteStream): Output & { written(): Promise<void> } {
  let gone = false
  let opened: WriteStream | undefined
  const plain = isPlain(descriptor)
  const stream = () => {
    if (opened) return opened
    opened = open()
    // Without a listener a reader that went away (`| head -1`) would crash us.
    opened.on('error', () => {
      gone = true
    })
    return opened
  }
  // A reader that went away is no failure; a disk that is full is one.
  const judge = (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EPIPE') throw new Failure(`can't write ${descriptor === 1 ? 'stdout' : 'stderr'}: ${cause.message}`, { cause })
    gone = true
  }
  const writeDirectly = (text: string | Uint8Array): string | Uint8Array => {
    try {
      return writeWhole(descriptor, text)
    } catch (error) {
      judge(error as NodeJS.ErrnoException)
      return ''
    }
  }
  return {
    get isTTY() {
      return !plain && stream().isTTY === true
    },
    get columns() {
      return (!plain && stream().columns) || 80
    },
    get stream() {
      return stream()
    },
    written: async () => {
      if (!gone && opened?.writableLength) await new Promise<void>((done) => opened!.write('', () => done()))
    },
    write(text) {
      if (gone || text.length === 0) return Promise.resolve()
      const rest = plain && !opened ? writeDirectly(text) : text
      if (rest.length === 0) return Promise.resolve()
      return new Promise<void>((done, fail) => {
        stream().write(rest, (error) => {
          try {
            if (error) judge(error)
            done()
          } catch (failure) {
            fail(failure)
          }
        })
      })
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
