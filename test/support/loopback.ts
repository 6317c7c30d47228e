import http, { type RequestListener } from 'node:http'
import https from 'node:https'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import type { Pair } from './certificates.ts'

/** A server of this test on a free port of loopback. */
export interface Loopback {
  port: number
  /** Scheme, host and port. */
  url: string
  /** Connections made so far. */
  connections(): number
  close(): Promise<void>
}

export async function serveHttp(listener: RequestListener, pair?: Pair & { ciphers?: string }): Promise<Loopback> {
  return listen(pair ? https.createServer(pair, listener) : http.createServer(listener), pair ? 'https' : 'http')
}

/** A server that does with a connection what it is told. */
export async function serveSocket(onConnection: (socket: Socket) => void): Promise<Loopback> {
  return listen(net.createServer(onConnection), 'http')
}

/** A port of loopback that nothing listens on: below those that Linux gives to whoever asks for a free one, as other tests do. */
export async function closedPort(): Promise<number> {
  const port = 10_000 + Math.floor(Math.random() * 20_000)
  const server = net.createServer()
  const isFree = await new Promise<boolean>((done) => {
    server.on('error', () => done(false)).listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })
  return isFree ? port : closedPort()
}

export function listen(server: Server, scheme: string): Promise<Loopback> {
  const open = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket) => {
    connections++
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
  })
  server.on('tlsClientError', () => {})
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({
        port,
        url: `${scheme}://127.0.0.1:${port}`,
        connections: () => connections,
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            for (const socket of open) socket.destroy()
          }),
      })
    })
  })
}
