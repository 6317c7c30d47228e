import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import buildUndiciConnector from 'undici/lib/core/connect.js'
import { Socks5Client } from 'undici/lib/core/socks5-client.js'
import { TransportError, toTransportError, type TransportErrorKind } from './transport-error.ts'
import type { Proxy } from './proxy.ts'

type Connector = buildConnector.connector
type ConnectorOptions = buildConnector.BuildOptions

/** The port of a SOCKS proxy whose address has none. */
const usualPort = '1080'

/**
 * What connects through a SOCKS 5 proxy, which resolves the server's name. undici's own agent for that warns of itself, and
 * knows neither our limits nor whose fault one is: only its protocol is used.
 *
 * @param tls how the server is verified.
 * @param limit longest wait for the tunnel, in milliseconds.
 */
export function socksConnector(proxy: Proxy, tls: ConnectorOptions, limit: number): Connector {
  const toProxy = buildUndiciConnector({ timeout: limit })
  const toServer = buildUndiciConnector(tls)
  const address = { protocol: 'http:', hostname: bare(proxy.url.hostname), port: proxy.url.port || usualPort }
  return (options, callback) => {
    toProxy(address, (...[error, socket]) => {
      if (error) return callback(toTransportError(error, 'connecting', true), null)
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
      openTunnel(socket!, proxy, bare(options.hostname), port, limit).then(
        () => (options.protocol === 'https:' ? toServer({ ...options, httpSocket: socket! }, callback) : callback(null, socket!)),
        (fault: TransportError) => {
          socket!.destroy()
          callback(fault, null)
        },
      )
    })
  }
}

/** @throws TransportError of the proxy. */
function openTunnel(socket: Socket, { user }: Proxy, host: string, port: number, limit: number): Promise<void> {
  const client = new Socks5Client(socket, { username: user?.name, password: user?.password })
  return new Promise<void>((resolve, reject) => {
    const fail = (kind: TransportErrorKind, message?: string, code?: string) =>
      reject(new TransportError(kind, { sent: false, code, message, ofProxy: true }))
    const timer = setTimeout(fail, limit, 'connect-timeout')
    const onFault = (error: Error & { code?: string }) => {
      clearTimeout(timer)
      const known = faults[error.code ?? '']
      if (known) fail(...known)
      else if (error.code?.startsWith('UND_ERR_SOCKS5_')) fail('proxy', `the proxy could not connect: ${error.message}`)
      else reject(toTransportError(error, 'connecting', true))
    }
    client
      .on('error', onFault)
      .on('close', () => onFault(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
      .on('authenticated', () => client.connect(host, port))
      .on('connected', () => {
        clearTimeout(timer)
        socket.off('error', client.onSocketError).off('close', client.onSocketClose)
        resolve()
      })
    client.handshake()
  })
}

const refused = (why: string) => ['proxy-refused', why] as const
const unreached = (why: string) => ['proxy', `the proxy could not connect: ${why}`] as const

/** What a proxy says, by undici's codes; the numbers are those of RFC 1928. */
const faults: Readonly<Record<string, readonly [TransportErrorKind, string]>> = {
  UND_ERR_SOCKS5_VERSION: refused('what answers there does not speak SOCKS 5'),
  UND_ERR_SOCKS5_AUTH_REJECTED: refused('the proxy wants a user name and password, or none'),
  UND_ERR_SOCKS5_AUTH_METHOD: refused('the proxy wants a user name and password'),
  UND_ERR_SOCKS5_AUTH_FAILED: refused('the proxy refused the user name and password'),
  UND_ERR_SOCKS5_REPLY_1: unreached('it does not say why'),
  UND_ERR_SOCKS5_REPLY_2: refused('the proxy refused to connect: its rules do not allow it'),
  UND_ERR_SOCKS5_REPLY_3: unreached('network unreachable'),
  UND_ERR_SOCKS5_REPLY_4: unreached('host unreachable'),
  UND_ERR_SOCKS5_REPLY_5: unreached('connection refused'),
  UND_ERR_SOCKS5_REPLY_6: unreached('no answer in time'),
  UND_ERR_SOCKS5_REPLY_7: refused('the proxy refused to connect: it opens no tunnels'),
  UND_ERR_SOCKS5_REPLY_8: refused('the proxy refused to connect: it knows no addresses of this kind'),
}

/** A host without the brackets of an IPv6 address in a URL. */
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')
