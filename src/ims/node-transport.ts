import http, { type IncomingMessage } from 'node:http'
import https, { type RequestOptions } from 'node:https'
import type { SecureContext } from 'node:tls'
import { decompress } from './encoding.ts'
import { toFault, TransportFault, type Progress } from './faults.ts'
import { isRead, type HttpRequest, type HttpResponse, type Patience, type Transport } from './transport.ts'
import { underTrust, type Trust } from './trust.ts'

export interface NodeTransportOptions {
  /** Whom to trust; none is no verification. */
  trust?: Trust
  patience: Patience
  signal?: AbortSignal
}

/** The platform's own HTTP: one connection a request. The quickest to start, for a command's one or two requests. */
export function createNodeTransport(options: NodeTransportOptions): Transport {
  return async (request) =>
    options.trust && request.url.protocol === 'https:'
      ? underTrust(options.trust, (context) => exchange(request, options, context))
      : exchange(request, options)
}

function exchange(request: HttpRequest, { trust, patience, signal }: NodeTransportOptions, secureContext?: SecureContext) {
  signal?.throwIfAborted()
  const secure = request.url.protocol === 'https:'
  let progress: Progress = 'connecting'
  let settle = () => {}
  return new Promise<IncomingMessage & { whole?: Buffer }>((resolve, reject) => {
    // Node takes a ready-made context here, though its types don't say so.
    const options: RequestOptions & { secureContext?: SecureContext } = {
      method: request.method,
      headers: request.headers,
      agent: false,
      secureContext,
      rejectUnauthorized: trust !== undefined,
    }
    const outgoing = (secure ? https : http).request(request.url, options)
    const fail = (error: unknown) => {
      reject(error)
      outgoing.destroy()
    }
    const give = (kind: 'connect-timeout' | 'idle-timeout') => fail(new TransportFault(kind, { sent: progress !== 'connecting' }))
    const interrupt = () => fail(signal?.reason)
    const timer = setTimeout(() => give('connect-timeout'), patience.connect)
    signal?.addEventListener('abort', interrupt, { once: true })
    settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', interrupt)
    }
    outgoing.on('error', (error) => fail(toFault(error, progress)))
    outgoing.on('socket', (socket) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        progress = 'sent'
        clearTimeout(timer)
        socket.setTimeout(isRead(request) ? patience.read : patience.write, () => give('idle-timeout'))
      })
    })
    outgoing.on('response', (response) => {
      progress = 'answering'
      clearTimeout(timer)
      const body = collectBody(Number(response.headers['content-length']))
      response.on('data', body.add)
      response.on('error', (error) => fail(toFault(error, progress)))
      response.on('close', () => {
        if (!response.complete) fail(new TransportFault('truncated', { sent: true }))
        else resolve(Object.assign(response, { whole: body.whole() }))
      })
    })
    // As bytes: node would put a text and the headers into one string, and turn those into UTF-8.
    outgoing.end(request.body === undefined ? undefined : Buffer.from(request.body))
  })
    .finally(() => settle())
    .then(answer)
}

/** Puts a body together where it will stay, when its length is known. */
function collectBody(length: number): { add(chunk: Buffer): void; whole(): Buffer } {
  const known = length > 0 && length <= 2 ** 28 ? Buffer.allocUnsafeSlow(length) : undefined
  const chunks: Buffer[] = []
  let taken = 0
  return {
    add(chunk) {
      if (known) chunk.copy(known, taken)
      else chunks.push(chunk)
      taken += chunk.length
    },
    whole: () => known ?? Buffer.concat(chunks),
  }
}

async function answer(response: IncomingMessage & { whole?: Buffer }): Promise<HttpResponse> {
  const headers: Record<string, string> = {}
  for (let index = 0; index < response.rawHeaders.length; index += 2) {
    headers[response.rawHeaders[index]!.toLowerCase()] = response.rawHeaders[index + 1]!
  }
  return {
    status: response.statusCode ?? 0,
    reason: response.statusMessage ?? '',
    headers,
    body: await decompress(response.whole!, headers['content-encoding']),
  }
}
