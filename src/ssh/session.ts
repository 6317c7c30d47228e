import type { Socket } from 'node:net'
import type { Client, ConnectConfig } from 'ssh2'
import { CliError } from '../errors.ts'
import type { Login } from './identities.ts'
import { fingerprint } from './public-key.ts'
import { socketReason } from './socket-reason.ts'

/** An SSH connection that is logged in. */
export interface Session {
  readonly client: Client
  /** Why the connection is gone; undefined while it is there, and where we closed it. */
  lost(): string | undefined
  /** Closes it; resolves when it is closed. */
  close(): Promise<void>
}

/**
 * Judges a host key, as SSH sends it.
 *
 * @throws CliError that says why it is refused
 */
export type VerifyHostKey = (key: Buffer) => Promise<void>

export interface SessionOptions {
  /** Of {@link reach}. */
  readonly socket: Socket
  readonly username?: string
  readonly login: Login
  readonly verifyHostKey: VerifyHostKey
  readonly signal?: AbortSignal
  /** Longest wait for the login, in milliseconds. */
  readonly readyTimeout?: number
  /** Time between signs of life that are asked for, in milliseconds; three without answer are a lost connection. */
  readonly keepalive?: number
  /** The next command to type when it fails. */
  readonly next?: readonly string[]
}

// SHA-1 signatures and DSA are refused by the job's servers, too. Compression costs more than the network.
const algorithms: ConnectConfig['algorithms'] = {
  serverHostKey: { append: [], prepend: [], remove: ['ssh-rsa'] },
  compress: ['none'],
}

/**
 * Logs in over a connection that is there.
 *
 * @throws CliError with exit 255; the reason of the signal; whatever verifyHostKey throws
 */
export function openSession(options: SessionOptions): Promise<Session> {
  const { username = 'root', login, keepalive = 15_000 } = options
  if (login.key.type.startsWith('sk-')) {
    throw new CliError(`keys of type ${login.key.type} need the system's ssh`, {
      exit: 255,
      next: options.next && [...options.next, '--openssh'],
    })
  }
  const method = login.agent
    ? { type: 'agent' as const, username, agent: login.agent }
    : { type: 'publickey' as const, username, key: login.key as unknown as Buffer }
  return handshake(options, { keepaliveInterval: keepalive, keepaliveCountMax: 3, authHandler: [method] })
}

/**
 * Has a server's host key judged, without logging in.
 *
 * @throws as {@link openSession}
 */
export async function checkServer({ verifyHostKey, ...options }: Omit<SessionOptions, 'login' | 'username' | 'keepalive'>): Promise<void> {
  const seen = new CliError('seen')
  const verify = async (key: Buffer) => {
    await verifyHostKey(key)
    throw seen
  }
  await handshake({ ...options, verifyHostKey: verify }, {}).catch((error: unknown) => {
    if (error !== seen) throw error
  })
}

type Handshake = Omit<SessionOptions, 'login'> & { login?: Login }

async function handshake(options: Handshake, config: Partial<ConnectConfig>): Promise<Session> {
  const { socket, username = 'root', verifyHostKey, signal, readyTimeout = 30_000 } = options
  // Most builds need no shell.
  const { default: ssh2 } = await import('ssh2')
  const client = new ssh2.Client()
  let phase: 'joining' | 'open' | 'over' = 'joining'
  let reason: string | undefined
  const closed = new Promise<void>((done) => client.once('close', () => done()))

  async function close(): Promise<void> {
    if (phase === 'open' && reason === undefined) {
      client.end()
      // A peer that is gone doesn't answer.
      const late = setTimeout(() => socket.destroy(), 1000)
      phase = 'over'
      await closed
      clearTimeout(late)
    }
    phase = 'over'
  }

  return new Promise((resolve, reject) => {
    const fail = (why: unknown) => {
      if (phase !== 'joining') return
      phase = 'over'
      signal?.removeEventListener('abort', interrupt)
      socket.destroy()
      reject(why)
    }
    const interrupt = () => fail(signal?.reason)
    const lose = (error: Error) => {
      if (phase === 'joining') fail(failure(error, options))
      else if (phase === 'open') reason ??= wordsOf(error, options)
    }
    client
      .on('error', lose)
      .on('close', () => lose(gone()))
      .on('ready', () => {
        if (phase !== 'joining') return
        phase = 'open'
        signal?.removeEventListener('abort', interrupt)
        resolve({ client, lost: () => reason, close })
      })
    if (signal?.aborted) return interrupt()
    if (socket.destroyed) return lose(gone())
    signal?.addEventListener('abort', interrupt)
    client.connect({ ...config, sock: socket, username, readyTimeout, algorithms, hostVerifier: hostVerifier(verifyHostKey, fail) })
  })
}

function hostVerifier(judge: VerifyHostKey, refuse: (why: unknown) => void) {
  let accepted: Buffer | undefined
  return (key: Buffer, answer: (accept: boolean) => void): void => {
    // Asked again whenever the keys of the connection are renewed.
    if (accepted) return answer(accepted.equals(key))
    judge(key).then(() => {
      accepted = Buffer.from(key)
      answer(true)
    }, refuse)
  }
}

const gone = () => new Error('the server closed the connection')

function failure(error: Error & { level?: string }, options: Handshake): CliError {
  // A key that is refused now will be refused again.
  const transient = error.level !== 'client-authentication' && error.level !== 'agent'
  return new CliError(`no SSH login: ${wordsOf(error, options)}`, { exit: 255, next: options.next, transient, cause: error })
}

function wordsOf(error: Error & { level?: string }, { login, keepalive = 15_000, readyTimeout = 30_000 }: Handshake): string {
  if (error.level === 'client-authentication' && login) {
    return `the server refused the key ${login.key.type} ${fingerprint(login.key.getPublicSSH())}`
  }
  if (error.level === 'agent') return `the agent doesn't sign: ${error.message}`
  if (error.message === 'Keepalive timeout') return `no response from the server for ${(keepalive * 4) / 1000} s`
  if (error.level === 'client-timeout') return `not within ${readyTimeout / 1000} s`
  if (/^Connection lost before handshake/.test(error.message)) return gone().message
  return socketReason(error)
}
