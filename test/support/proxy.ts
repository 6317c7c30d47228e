import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { Pair } from './certificates.ts'
import { listen, type Loopback } from './loopback.ts'

export interface TestProxy extends Loopback {
  /** What it was asked for: `CONNECT 127.0.0.1:1234`, `GET http://127.0.0.1:1234/x`. */
  asked: string[]
}

/** A small proxy, over TLS with a certificate: tunnels by CONNECT, and forwards requests with a whole URL. */
export async function serveProxy(options: { authorization?: string; refuse?: number; pair?: Pair } = {}): Promise<TestProxy> {
  const asked: string[] = []
  const verdict = (headers: http.IncomingHttpHeaders) => {
    if (options.refuse) return options.refuse
    return options.authorization && headers['proxy-authorization'] !== options.authorization ? 407 : 200
  }
  const listener: http.RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const status = verdict(request.headers)
    if (status !== 200) return void response.writeHead(status).end()
    const { 'proxy-authorization': _, ...headers } = request.headers
    const onward = http.request(request.url!, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.statusMessage, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.writeHead(502).end())
    request.pipe(onward)
  }
  const server = options.pair ? https.createServer(options.pair, listener) : http.createServer(listener)
  server.on('connect', (request: http.IncomingMessage, client: net.Socket) => {
    asked.push(`CONNECT ${request.url}`)
    const status = verdict(request.headers)
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
    const [host, port] = request.url!.split(':')
    const target = net.connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.pipe(client).pipe(target)
    })
    target.on('error', () => client.destroy())
    client.on('error', () => target.destroy())
    client.on('close', () => target.destroy())
  })
  return { ...(await listen(server, options.pair ? 'https' : 'http')), asked }
}

/** How a SOCKS proxy behaves. */
export interface SocksOptions {
  user?: { name: string; password: string }
  /** Its answer to a request for a tunnel, in place of a tunnel: a number of RFC 1928. */
  reply?: number
  /** Takes connections, and says nothing. */
  silent?: boolean
}

/** A small SOCKS 5 proxy, which knows the names that end in `.test` as this machine. */
export async function serveSocks({ user, reply, silent = false }: SocksOptions = {}): Promise<TestProxy> {
  const asked: string[] = []
  const serve = async (client: net.Socket) => {
    client.on('error', () => {})
    if (silent) return
    const read = reader(client)
    const [, count] = await read(2)
    const methods = await read(count!)
    if (user) {
      if (!methods.includes(2)) return void client.end(Buffer.from([5, 0xff]))
      client.write(Buffer.from([5, 2]))
      const name = (await read((await read(2))[1]!)).toString()
      const password = (await read((await read(1))[0]!)).toString()
      const right = name === user.name && password === user.password
      client.write(Buffer.from([1, right ? 0 : 1]))
      if (!right) return void client.end()
    } else client.write(Buffer.from([5, 0]))
    const [, , , kind] = await read(4)
    const host = kind === 3 ? (await read((await read(1))[0]!)).toString() : [...(await read(4))].join('.')
    const port = (await read(2)).readUInt16BE()
    asked.push(`${host}:${port}`)
    const answer = (code: number) => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
    if (reply) return void client.end(answer(reply))
    const target = net.connect(port, host.endsWith('.test') ? '127.0.0.1' : host, () => {
      client.write(answer(0))
      target.pipe(client).pipe(target)
    })
    target.on('error', () => client.destroy())
    client.on('close', () => target.destroy())
  }
  const server = net.createServer((client) => void serve(client).catch(() => client.destroy()))
  return { ...(await listen(server, 'socks5')), asked }
}

/** Reads so many bytes of what comes. */
function reader(socket: net.Socket): (count: number) => Promise<Buffer> {
  return async (count) => {
    for (;;) {
      const chunk: Buffer | null = count === 0 ? Buffer.alloc(0) : socket.read(count)
      if (chunk) return chunk
      await new Promise((more, ended) => socket.once('readable', more).once('close', ended))
    }
  }
}
