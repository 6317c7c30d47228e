import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { CliError, type NextStep } from '../errors.ts'
import { after } from '../time/timer.ts'
import { socketReason } from './socket-reason.ts'

export type AccessName = 'customer' | 'cluster' | 'port-forward'

/** A way in that may work from here. */
export interface Address {
  readonly name: AccessName
  readonly host: string
  readonly port: number
}

/** An open connection to an SSH server that has shown its banner. */
export interface Reached {
  readonly address: Address
  /** Paused, with all that was read put back. */
  readonly socket: Socket
  /** `SSH-2.0-OpenSSH_9.2` */
  readonly banner: string
}

/** One try of one address that came to nothing. */
export interface Attempt {
  readonly address: Address
  /** Counted from 1. */
  readonly tries: number
  /** `connection refused` */
  readonly reason: string
}

export interface ReachOptions {
  /** Ends the race, which rejects with its reason. */
  readonly signal?: AbortSignal
  /** Longest race, in milliseconds; none is without end. */
  readonly patience?: number
  /** Longest wait for a connection and then for its banner, in milliseconds. */
  readonly each?: number
  /** Time between two tries of one address, in milliseconds. */
  readonly pause?: number
  readonly onAttempt?: (attempt: Attempt) => void
  /** The next command to type when nothing answered. */
  readonly next?: NextStep
  /** Lines that are said then besides why nothing answered. */
  readonly more?: () => readonly string[]
  /** Exit code when nothing answered; 255 unless given. */
  readonly exit?: number
}

/** Addresses that are tried side by side until one shows an SSH banner. */
export interface Race {
  /**
   * Lets another address join, in place of one of the same name.
   *
   * @returns takes it out again, for a reason.
   */
  add(address: Address): (reason: string) => void
  /**
   * The first that shows a banner. All others are closed.
   *
   * @throws CliError (exit 255, or as given) that says for each address why not; or the reason of the signal
   */
  readonly won: Promise<Reached>
}

/**
 * Tries addresses side by side, each again and again: the server of a job may come up a little after its status says
 * so, and its name later still. Source: the service's SSH image.
 */
export function reach(addresses: readonly Address[], options: ReachOptions = {}): Race {
  const { signal, patience, each = 10_000, pause = 500, onAttempt } = options
  const over = new AbortController()
  const last = new Map<AccessName, State>()
  let add =
    (_: Address) =>
    (_reason: string): void => {}

  const won = new Promise<Reached>((resolve, reject) => {
    const end = (finish: () => void) => {
      if (over.signal.aborted) return
      over.abort()
      cancel?.()
      signal?.removeEventListener('abort', interrupt)
      finish()
    }
    const interrupt = () => end(() => reject(signal?.reason))
    const cancel = patience === undefined ? undefined : after(patience, () => end(() => reject(nobody([...last.values()], options))))
    signal?.addEventListener('abort', interrupt)

    async function keepTrying(state: State, signal: AbortSignal): Promise<void> {
      const { address } = state
      while (!signal.aborted) {
        // An address of a record may be none that could be connected to: port 70000.
        const outcome = await tryOnce(address, each, signal).catch((error: Error) => error.message)
        if (signal.aborted) {
          if (typeof outcome !== 'string') outcome.socket.destroy()
          return
        }
        if (typeof outcome !== 'string') return end(() => resolve(outcome))
        state.tries++
        // Whoever opened the way knows better why it closes, but says so a moment later.
        state.reason = outcome === closedAtOnce ? (state.told ?? outcome) : outcome
        onAttempt?.({ address, tries: state.tries, reason: outcome })
        await wait(pause, undefined, { signal }).catch(() => {})
      }
    }
    add = (address) => {
      const left = new AbortController()
      const before = last.get(address.name)
      const state: State = { address, tries: before?.tries ?? 0, reason: before?.reason, told: before?.told }
      last.set(address.name, state)
      void keepTrying(state, AbortSignal.any([over.signal, left.signal]))
      return (reason) => {
        if (over.signal.aborted) return
        left.abort()
        state.reason = state.told = reason
        state.tries ||= 1
      }
    }
    if (signal?.aborted) interrupt()
    else addresses.forEach(add)
  })
  return { add: (address) => add(address), won }
}

/** What has come of an address so far. */
interface State {
  readonly address: Address
  tries: number
  reason: string | undefined
  /** Why it was left before. */
  told: string | undefined
}

function nobody(states: readonly State[], { next, exit = 255, more = () => [] }: ReachOptions): CliError {
  const why = states.map(
    ({ address, tries, reason }) => `  ${addressText(address)}  ${reason === undefined ? 'no answer yet' : `${reason} (tried ${tries}×)`}`,
  )
  return new CliError('no SSH server answers', { exit, more: [...why, ...more()], next, transient: true })
}

/** `customer ad51….ims.cmn.site:22` */
export function addressText({ name, host, port }: Address): string {
  return `${name} ${host.includes(':') ? `[${host}]` : host}:${port}`
}

const closedAtOnce = 'closed before an SSH banner'

/** Most that a server may say before its banner, in bytes. */
const preamble = 16 * 1024

function tryOnce(address: Address, limit: number, signal: AbortSignal): Promise<Reached | string> {
  return new Promise((resolve) => {
    const { host, port } = address
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
    let read = Buffer.alloc(0)
    const settle = (outcome: Reached | string) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      socket.off('data', onData).off('close', onClose)
      if (typeof outcome === 'string') socket.destroy()
      resolve(outcome)
    }
    const giveUp = () => settle('ended')
    const late = () =>
      settle(socket.connecting ? `no answer within ${seconds(limit)}` : `connects, but shows no SSH banner within ${seconds(limit)}`)
    let timer = setTimeout(late, limit)
    const onData = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk])
      const banner = /^SSH-(?:2\.0|1\.99)-[^\r\n]*(?=\r?\n)/m.exec(read.toString('latin1'))?.[0]
      if (banner) {
        socket.pause()
        socket.unshift(read)
        settle({ address, socket, banner })
      } else if (read.length > preamble) {
        settle('what answers is not an SSH server')
      }
    }
    const onClose = () => settle(fault ?? (read.length > 0 ? 'what answers is not an SSH server' : closedAtOnce))
    let fault: string | undefined
    signal.addEventListener('abort', giveUp)
    socket
      .on('connect', () => {
        clearTimeout(timer)
        timer = setTimeout(late, limit)
      })
      .on('data', onData)
      .on('close', onClose)
      // Stays: whoever takes the socket over adds theirs.
      .on('error', (error) => {
        fault = socketReason(error)
      })
  })
}

const seconds = (milliseconds: number) => `${milliseconds / 1000} s`
