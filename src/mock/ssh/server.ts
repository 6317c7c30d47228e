import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import { loginWith } from './login.ts'
import { serveSession, type SessionOptions } from './session.ts'

/** How long a client may take to log in, as OpenSSH's LoginGraceTime. */
const loginMilliseconds = 120_000

/**
 * An SSH server that root gets into with one key.
 *
 * @returns takes a connection in
 */
export function createSshServer(hostKeys: string[], publicKey: string | undefined, options: SessionOptions): (socket: Socket) => void {
  const authenticate = loginWith(publicKey)
  const server = new ssh2.Server({ hostKeys, ident: 'cray-ims-mock' }, (client) => {
    // Anybody may come as far as this, but not stay.
    const grace = setTimeout(() => client.end(), loginMilliseconds).unref()
    client.on('authentication', authenticate)
    client.on('ready', () => clearTimeout(grace))
    client.on('close', () => clearTimeout(grace))
    client.on('session', (accept) => serveSession(accept(), options))
    // A client that went away or made no sense; its connection is closed already.
    client.on('error', () => {})
  })
  return (socket) => server.injectSocket(socket)
}
