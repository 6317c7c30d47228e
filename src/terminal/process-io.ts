import { setTimeout as wait } from 'node:timers/promises'
import type { WriteStream } from 'node:tty'
import { Failure } from '../errors.ts'
import type { Io, Output } from './io.ts'

/** The streams, environment and signals of a real process. */
export function processIo(of: NodeJS.Process): Io {
  let interruption: AbortController | undefined
  let [stdout, stderr]: (Output | undefined)[] = []
  return {
    env: of.env,
    cwd: of.cwd(),
    // Each stream takes Node a while to set up, and few commands need all.
    get stdin() {
      return of.stdin
    },
    get stdout() {
      return (stdout ??= output(of.stdout as WriteStream))
    },
    get stderr() {
      return (stderr ??= output(of.stderr as WriteStream))
    },
    now: Date.now,
    sleep: (milliseconds, signal) =>
      wait(milliseconds, undefined, { signal }).catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : error
      }),
    get interrupted() {
      return (interruption ??= onSignals(of)).signal
    },
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

function output(stream: WriteStream): Output {
  let gone = false
  // Without a listener a reader that went away (`| head -1`) would crash us.
  stream.on('error', () => {
    gone = true
  })
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 80
    },
    stream,
    write: (text) =>
      gone || text.length === 0
        ? Promise.resolve()
        : new Promise((done) => {
            stream.write(text, () => done())
          }),
  }
}
