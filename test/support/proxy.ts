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
