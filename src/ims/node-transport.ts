import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps, type RequestOptions } from 'node:https'
import type { SecureContext } from 'node:tls'
import { decompress } from './encoding.ts'
import { toFault, TransportFault, type Progress } from './faults.ts'
import { isRead, type BodyCollector, type HttpRequest, type HttpResponse, type Patience, type ResponseHead, type Transport } from './transport.ts'
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
  return new Promise<HttpResponse>((resolve, reject) => {
    // Node takes a ready-made context here, though its types don't say so.
    const options: RequestOptions & { secureContext?: SecureContext } = {
      method: request.method,
      headers: request.headers,
      agent: false,
      secureContext,
      rejectUnauthorized: trust !== undefined,
    }
    const outgoing = (secure ? requestHttps : requestHttp)(request.url, options)
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
      const head = headOf(response)
      const body = request.collect?.(head) ?? collectBody(Number(head.headers['content-length']))
      response.on('data', body.add)
      response.on('error', (error) => fail(toFault(error, progress)))
      response.on('close', () => {
        if (!response.complete) fail(new TransportFault('truncated', { sent: true }))
        else resolve({ ...head, body: body.whole() })
      })
    })
    // As bytes: node would put a text and the headers into one string, and turn those into UTF-8.
    outgoing.end(request.body === undefined ? undefined : Buffer.from(request.body))
  })
    .finally(() => settle())
    .then(async (response) => ({ ...response, body: await decompress(response.body, response.headers['content-encoding']) }))
}

/** Puts a body together where it will stay, when its length is known. */
function collectBody(length: number): BodyCollector {
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

function headOf(response: IncomingMessage): ResponseHead {
  const headers: Record<string, string> = {}
  for (let index = 0; index < response.rawHeaders.length; index += 2) {
    headers[response.rawHeaders[index]!.toLowerCase()] = response.rawHeaders[index + 1]!
  }
  return { status: response.statusCode ?? 0, reason: response.statusMessage ?? '', headers }
}
