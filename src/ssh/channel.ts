import { constants } from 'node:os'
import type { Writable } from 'node:stream'
import type { ClientChannel, PseudoTtyOptions } from 'ssh2'
import { CliError } from '../errors.ts'
import type { Io } from '../terminal/io.ts'
import type { Session } from './session.ts'

export type Streams = Pick<Io, 'stdin' | 'stdout' | 'stderr'>

/** How a shell or command ended. */
export type Ending =
  /** Its exit code, or 128 + n for a signal. */
  | { readonly code: number }
  /** The connection went away before its exit code came; ours is 255 then. `detached`: the user ended it. */
  | { readonly lost: string; readonly detached?: true }

/** The exit code for how a shell or command ended. */
export function exitCode(ending: Ending): number {
  return 'code' in ending ? ending.code : 255
}

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

/** Resolves with how a channel's program ended, when all that it wrote was read. */
function endingOf(channel: ClientChannel, session: Session): Promise<Ending> {
  return new Promise((resolve) => {
    let open = 2
    let code: number | null | undefined
    let signal: string | undefined
    const one = () => {
      if (--open > 0) return
      if (typeof code === 'number') resolve({ code })
      else if (code === null) resolve({ code: signalCode(signal) })
      else resolve({ lost: session.lost() ?? 'the server ended it without an exit code' })
    }
    channel.on('exit', (exit: number | null, name?: string) => {
      code = exit
      signal = name
    })
    channel.once('close', one)
    channel.stderr.once('close', one)
  })
}

function signalCode(name: string | undefined): number {
  const number = constants.signals[name as NodeJS.Signals]
  return number === undefined ? 255 : 128 + number
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
