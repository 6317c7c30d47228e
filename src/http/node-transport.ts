import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps, type RequestOptions } from 'node:https'
import type { SecureContext } from 'node:tls'
import { createExchange } from './exchange.ts'
import { longestHead } from './transport-error.ts'
import type { HttpRequest, Timeouts, Transport } from './transport.ts'
import { underTrust, type Trust } from './trust.ts'
import { unlogged } from './unlogged.ts'

/** Silence on a connection after which signs of life are asked for, in milliseconds; undici's is the same. */
const keepAlive = 60_000

export interface NodeTransportOptions {
  /** Whom to trust; none is no verification. */
  trust?: Trust
  patience: Timeouts
  signal?: AbortSignal
}

/** The platform's own HTTP: one connection a request. The quickest to start, for a command's one or two requests. */
export function createNodeTransport(options: NodeTransportOptions): Transport {
  return async (request) =>
    options.trust && request.url.protocol === 'https:'
      ? underTrust(options.trust, ({ context }) => exchange(request, options, context))
      : exchange(request, options)
}

function exchange(request: HttpRequest, { trust, patience, signal }: NodeTransportOptions, secureContext?: SecureContext) {
  signal?.throwIfAborted()
  const secure = request.url.protocol === 'https:'
  let outgoing: ClientRequest | undefined
  const { events, response } = createExchange(request, { patience, signal, abort: () => outgoing?.destroy() })
  // Node takes a ready-made context here, though its types don't say so.
  const options: RequestOptions & { secureContext?: SecureContext } = {
    method: request.method,
    headers: unlogged(request.headers),
    agent: false,
    secureContext,
    rejectUnauthorized: trust !== undefined,
    maxHeaderSize: longestHead,
  }
  try {
    outgoing = (secure ? requestHttps : requestHttp)(request.url, options)
    // Without a limit: beyond it Node would drop headers, and say nothing.
    outgoing.maxHeadersCount = 0
    outgoing.on('socket', (socket) => {
      // An answer may take an hour: what lies between must not forget the connection, nor we wait for a server that is gone.
      socket.setKeepAlive(true, keepAlive).once(secure ? 'secureConnect' : 'connect', events.connected)
    })
    outgoing.on('information', ({ statusCode }) => events.interim(statusCode))
    // Without a listener Node closes the connection here, and tells nobody.
    outgoing.on('upgrade', (incoming, socket) => {
      socket.destroy()
      events.interim(incoming.statusCode!)
    })
    let answered = false
    outgoing.on('response', (incoming) => {
      answered = true
      events.head(incoming.statusCode ?? 0, incoming.statusMessage ?? '', pairs(incoming.rawHeaders))
      incoming.on('data', events.data)
      incoming.on('error', events.failed)
      incoming.on('close', () => (incoming.complete ? events.end() : events.closed()))
    })
    outgoing.on('error', events.failed)
    outgoing.on('close', () => {
      // An answer has an end of its own, which may come later.
      if (!answered) events.closed()
    })
    // As bytes: node would put a text and the headers into one string, and turn those into UTF-8.
    outgoing.end(request.body === undefined ? undefined : Buffer.from(request.body))
  } catch (error) {
    events.failed(error)
  }
  return response
}

function pairs(raw: IncomingMessage['rawHeaders']): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2]!, raw[index * 2 + 1]!])
}
