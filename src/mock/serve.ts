import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Failure } from '../errors.ts'
import type { Answer } from './answer.ts'
import type { Kubernetes } from './kubernetes/kubernetes.ts'
import { listenerOf } from './kubernetes/listener.ts'
import type { Mock } from './library.ts'
import type { Certificates } from './tls.ts'

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
  /** Served beside the service, on the paths that it hasn't. */
  kubernetes?: Pick<Kubernetes, 'handle'>
}

const kubernetesPath = /^\/(?:[?]|$|(?:api|version|openapi|apis(?!\/ims(?:[/?]|$)))(?:[/?]|$))/

/**
 * Serves a mock on loopback.
 * @throws Failure when it can't listen there
 */
export async function serveMock(mock: Pick<Mock, 'answer'>, { port = 0, certificates, kubernetes }: ServeOptions = {}): Promise<MockServer> {
  const cluster = kubernetes && listenerOf(kubernetes.handle)
  const listener: RequestListener = (request, response) =>
    cluster && kubernetesPath.test(request.url ?? '') ? cluster(request, response) : void respond(mock, request, response)
  const server = certificates
    ? createTlsServer({ cert: certificates.certificate, key: certificates.key }, listener)
    : createServer(listener)
  // Longer than clients keep theirs, so that a connection isn't closed under a request.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((listening, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => fail(cantListen(port, cause)))
    server.listen(port, '127.0.0.1', listening)
  })
  const { port: own } = server.address() as AddressInfo
  return {
    url: `${certificates ? 'https' : 'http'}://127.0.0.1:${own}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

function cantListen(port: number, cause: NodeJS.ErrnoException): Failure {
  const why = { EADDRINUSE: 'Something else listens there.', EACCES: 'Ports below 1024 take more rights.' }[cause.code ?? '']
  return new Failure(`Can't listen on port ${port} of 127.0.0.1`, {
    more: [why ?? cause.message],
    next: 'cray-ims mock',
    cause,
  })
}

async function respond(mock: Pick<Mock, 'answer'>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await read(request)
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s)
    const { 'content-type': contentType, authorization } = request.headers
    send(response, await mock.answer({ method: request.method ?? 'GET', path, query, contentType, authorization, body }))
  } catch {
    // The client went away, or the mock is closing.
    request.socket.destroy()
  }
}

async function read(request: IncomingMessage): Promise<string> {
  if (request.method === 'GET') return ''
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function send(response: ServerResponse, { status, reason, headers, body, broken }: Answer): void {
  const { socket } = response
  if (broken === 'reset' || (broken === 'truncate' && body === '')) {
    if (socket instanceof TLSSocket) socket.destroy()
    else socket?.resetAndDestroy()
    return
  }
  const bytes = Buffer.from(body)
  response.writeHead(status, reason, status === 204 ? headers : { ...headers, 'Content-Length': bytes.length })
  if (broken === 'truncate') response.write(bytes.subarray(0, bytes.length >> 1), () => socket?.destroySoon())
  else response.end(bytes)
}
