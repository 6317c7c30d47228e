import { constants } from 'node:os'
import type { ClientChannel } from 'ssh2'
import type { Session } from './session.ts'

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

/** Resolves with how a channel's program ended, when all that it wrote was read. */
export function endingOf(channel: ClientChannel, session: Session): Promise<Ending> {
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
