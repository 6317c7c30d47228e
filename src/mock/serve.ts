import { createServer, type IncomingMessage, type RequestListener, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { CliError } from '../errors.ts'
import { createAccess } from './access.ts'
import { gatewayAnswer, type Answer } from './answer.ts'
import type { Kubernetes } from './kubernetes/kubernetes.ts'
import { bodyText } from './json-body.ts'
import { listenerOf, unauthorized, unauthorizedText } from './kubernetes/listener.ts'
import type { Mock } from './library.ts'
import type { Certificates } from './tls.ts'
import { respondS3 } from './s3/serve-s3.ts'
import { isSigned } from './s3/signature.ts'
import { tokenPath } from './token.ts'

/** A mock that listens. */
export interface MockServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** Drops all connections. */
  close(): Promise<void>
}

export interface ServeOptions {
  /** A free one by default. */
  port?: number
  /** Serves HTTPS with these. */
  certificates?: Certificates
  /** More names that it may be asked by, in lower case; besides those of loopback. */
  names?: readonly string[]
  /** Served beside the service, on the paths that it hasn't. */
  kubernetes?: Pick<Kubernetes, 'handle'> & Partial<Pick<Kubernetes, 'upgrade'>>
  /** Demanded of whoever asks Kubernetes; what the mock demands is its own. */
  token?: string
}

/** What of a mock a server needs. */
type Served = Pick<Mock, 'answer'> & Partial<Pick<Mock, 'refuse' | 'answerS3'>>

const kubernetesPath = /^\/(?:[?]|$|(?:api|version|openapi|apis(?!\/(?:ims|sts)(?:[/?]|$)))(?:[/?]|$))/

/** The longest body that is read of whoever hasn't shown the token, in bytes. */
const mostOfStrangers = 64 * 1024

/**
 * Serves a mock on loopback.
 * @throws CliError when it can't listen there
 */
export async function serveMock(mock: Served, options: ServeOptions = {}): Promise<MockServer> {
  const { port = 0, certificates, kubernetes, token, names = [] } = options
  const cluster = kubernetes && listenerOf(kubernetes.handle)
  const access = token === undefined ? undefined : createAccess(token)
  const scheme = certificates ? 'https' : 'http'
  let hosts: ReadonlySet<string> = new Set()

  const listener: RequestListener = (request, response) => {
    const { host = '', authorization } = request.headers
    // A page in a browser may have its own name lead here; its requests then have that name.
    if (!hosts.has(host.toLowerCase())) return send(response, gatewayAnswer(421, 'This mock is no such host'))
    if (mock.answerS3 && isSigned(authorization)) return void respondS3(mock.answerS3, request, response)
    if (!cluster || !kubernetesPath.test(request.url ?? '')) return void respond(mock, `${scheme}://${host}`, request, response)
    if (access && !access.admits(authorization)) return unauthorized(response)
    cluster(request, response)
  }
  // Node 20 doesn't ask, and takes connections out of HTTP even where a client only offers to speak something else.
  const settings: ServerOptions & { shouldUpgradeCallback: (request: IncomingMessage) => boolean } = {
    shouldUpgradeCallback: asksForWebSocket,
  }
  const server = certificates
    ? createTlsServer({ cert: certificates.certificate, key: certificates.key, ...settings }, listener)
    : createServer(settings, listener)
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    const { host = '', authorization } = request.headers
    if (!asksForWebSocket(request)) return serveAnyway(request, socket, head)
    socket.on('error', () => {})
    const known = hosts.has(host.toLowerCase()) && kubernetesPath.test(request.url ?? '')
    if (!known || !kubernetes?.upgrade) return void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    if (access && !access.admits(authorization)) return void socket.end(unauthorizedText)
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    kubernetes.upgrade(request, socket, head).catch(() => socket.destroy())
  })
  function serveAnyway({ method, url, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): void {
    const kept = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 && !/^(upgrade|connection)$/i.test(name) ? [`${name}: ${rawHeaders[at + 1]}`] : [],
    )
    socket.unshift(Buffer.concat([Buffer.from([`${method} ${url} HTTP/1.1`, ...kept, '', ''].join('\r\n'), 'latin1'), head]))
    server.emit(certificates ? 'secureConnection' : 'connection', socket)
  }
  // Longer than clients keep theirs, so that a connection isn't closed under a request.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((listening, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => fail(cantListen(port, cause)))
    server.listen(port, '127.0.0.1', listening)
  })
  const { port: own } = server.address() as AddressInfo
  hosts = new Set([...hostsAt(own, scheme), ...names.flatMap((name) => [name, `${name}:${own}`])])
  return {
    url: `${scheme}://127.0.0.1:${own}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
        for (const socket of upgraded) socket.destroy()
      }),
  }
}

const asksForWebSocket = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket'

/** What a Host header may be; clients leave a scheme's own port out. */
function hostsAt(port: number, scheme: 'http' | 'https'): ReadonlySet<string> {
  const names = ['127.0.0.1', 'localhost', '[::1]']
  const usual = port === { http: 80, https: 443 }[scheme]
  return new Set(names.flatMap((name) => [`${name}:${port}`, ...(usual ? [name] : [])]))
}

function cantListen(port: number, cause: NodeJS.ErrnoException): CliError {
  const why = { EADDRINUSE: 'Something else listens there.', EACCES: 'Ports below 1024 take more rights.' }[cause.code ?? '']
  return new CliError(`Can't listen on port ${port} of 127.0.0.1`, {
    more: [why ?? cause.message],
    next: ['mock'],
    cause,
  })
}

async function respond(mock: Served, origin: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s)
    const { 'content-type': contentType, authorization } = request.headers
    const refused = mock.refuse?.({ path, authorization })
    // A client that is cut off while it sends may not see its answer.
    const body = await read(request, refused || path === tokenPath ? mostOfStrangers : Infinity)
    if (refused) return send(response, refused)
    if (body === undefined) return send(response, gatewayAnswer(413, 'Payload Too Large'))
    send(response, await mock.answer({ method: request.method ?? 'GET', path, query, contentType, authorization, origin, body }))
  } catch {
    // The client went away, or the mock is closing.
    request.socket.destroy()
  }
}

/** The body; undefined where it is longer than it may be. */
async function read(request: IncomingMessage, longest: number): Promise<string | undefined> {
  if (request.method === 'GET') return ''
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length
    if (length > longest) return undefined
    chunks.push(chunk as Buffer)
  }
  return bodyText(Buffer.concat(chunks))
}

function send(response: ServerResponse, { status, reason, headers, body, broken }: Answer): void {
  const { req, socket } = response
  if (broken === 'reset' || (broken === 'truncate' && body === '')) {
    if (socket instanceof TLSSocket) socket.destroy()
    else socket?.resetAndDestroy()
    return
  }
  const bytes = Buffer.from(body)
  // The rest of a body that is too long isn't waited for.
  const unread = req.readableEnded || req.method === 'GET' ? {} : { Connection: 'close' }
  const length = status === 204 ? {} : { 'Content-Length': bytes.length }
  response.writeHead(status, reason, { ...headers, ...unread, ...length })
  if (broken === 'truncate') response.write(bytes.subarray(0, bytes.length >> 1), () => socket?.destroySoon())
  else response.end(bytes)
}
