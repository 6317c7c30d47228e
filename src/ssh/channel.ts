import type { Writable } from 'node:stream'
import type { ClientChannel, PseudoTtyOptions } from 'ssh2'
import { CliError } from '../errors.ts'
import type { Io } from '../terminal/io.ts'
import { endingOf, type Ending } from './ending.ts'
import { linkSignals } from '../time/linked-signal.ts'
import { sleep } from '../time/timer.ts'
import type { Session } from './session.ts'

/** The longest that what only looks at files, or makes one, is waited for, in milliseconds. */
export const longestLook = 60_000

/**
 * What comes of work; of `late`, where nothing does in so many milliseconds.
 *
 * @throws the reason of the signal.
 */
export function inTime<Result>(work: Promise<Result>, limit: number, late: () => Result, signal?: AbortSignal): Promise<Result> {
  const over = linkSignals(signal)
  const hang = sleep(limit, over.signal).then(late)
  hang.catch(() => {})
  return Promise.race([work, hang]).finally(over.end)
}

export type Streams = Pick<Io, 'stdin' | 'stdout' | 'stderr'>

/** What is to run at the other end. */
export interface Started {
  /** Given to the user's shell; the shell itself where there is none. */
  readonly command: string | undefined
  readonly terminal?: PseudoTtyOptions
}

/** A shell or command that runs at the other end. */
export interface Running {
  readonly channel: ClientChannel
  /** Resolves when it has ended and all that it wrote was read. */
  readonly ended: Promise<Ending>
}

/**
 * Starts a shell or command.
 *
 * @throws CliError (exit 255) that says what the server refused
 */
export function start(session: Session, { command, terminal }: Started): Promise<Running> {
  const { client, lost } = session
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => reject(new CliError(`nothing runs there: ${lost() ?? error.message}`, { exit: 255, cause: error }))
    const done = (error: Error | undefined, channel: ClientChannel) => {
      if (error) return refuse(error)
      // Bytes that were under way when the other end closed; how it ended is told by its close.
      channel.on('error', () => {})
      // Listened to from here on: it may end with the very packet that said it runs.
      resolve({ channel, ended: endingOf(channel, session) })
    }
    try {
      if (command === undefined) client.shell(terminal ?? false, done)
      else client.exec(command, terminal ? { pty: terminal } : {}, done)
    } catch (error) {
      refuse(error as Error)
    }
  })
}

/** Resolves when all that was written before has left the process, or can't. */
export function flushed(stream: Writable): Promise<void> {
  return new Promise((done) => {
    if (stream.destroyed || stream.writableEnded) return done()
    stream.write('', () => done())
  })
}

/** Rejects with the reason of a signal when it is aborted; else it never settles. */
export function interruption(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
