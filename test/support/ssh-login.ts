import { reach } from '../../src/ssh/banner.ts'
import { findIdentity, unlock, type Ask } from '../../src/ssh/identities.ts'
import { parsePublicKey } from '../../src/ssh/public-key.ts'
import { openSession, type Session, type SessionOptions } from '../../src/ssh/session.ts'
import type { Sshd } from './sshd.ts'

export interface LoginOptions extends Partial<SessionOptions> {
  file?: string
  agentSocket?: string
  publicKey: string
  ask?: Ask
}

/** Logs in to a server as the program does: race, key, handshake. */
export async function logIn(
  { port, user }: Pick<Sshd, 'port' | 'user'>,
  { file, agentSocket, publicKey, ask, ...options }: LoginOptions,
): Promise<Session> {
  const { socket } = await reach([{ name: 'customer', host: '127.0.0.1', port }], { patience: 30_000 }).won
  const wanted = parsePublicKey(publicKey)!
  const { identity } = await findIdentity({ wanted, files: file ? [file] : [], agentSocket, home: '/nonexistent' })
  const login = await unlock(identity!, { ask, wanted })
  return openSession({ socket, username: user, login, verifyHostKey: async () => {}, ...options })
}
