import type * as Crypto from 'node:crypto'
import { createExchange } from './exchange.ts'
import type { NodeTransportOptions } from './node-transport.ts'
import { headersTooLarge, longestHead, switched, TransportError, type TransportErrorKind } from './transport-error.ts'
import type { HttpRequest, HttpResponse, Transport } from './transport.ts'
import { underTrust, type TrustedSet } from './trust.ts'

/** What the `fetch` of the executable's runtime takes beyond the standard. */
interface FetchOptions extends RequestInit {
  decompress: false
  timeout: false
  keepalive: false
  tls: { ca: string[]; rejectUnauthorized: true; checkServerIdentity(host: string, certificate: { raw: Uint8Array }): Error | undefined }
}

const crypto = (): typeof Crypto => process.getBuiltinModule('node:crypto')

const fetchOverTls = fetch as (url: URL, options: FetchOptions) => Promise<Response>

/** Faults that are known for what they are here, too: of others the other transport tells more. */
const known: ReadonlySet<TransportErrorKind> = new Set<TransportErrorKind>([
  'refused',
  'connect-timeout',
  'idle-timeout',
  'answer-timeout',
  'reset',
  'truncated',
  'too-large',
  'protocol',
])

/** The runtime's names for answers that no transport takes. Others that it doesn't take may be in order. */
const unreadable: Readonly<Record<string, readonly [kind: TransportErrorKind, message?: string]>> = {
  InvalidHTTPResponse: ['protocol'],
  InvalidContentLength: ['protocol'],
  UnrequestedUpgrade: ['protocol', switched],
  ResponseHeadersTooLarge: ['too-large', headersTooLarge],
}

/**
 * Reads over TLS by `fetch`, which the executable's runtime has ready, where node:https takes longer to load than a request
 * does. Whatever is not plain goes by another transport: writes, names that take more than a look at the certificate, and all
 * that comes after a fault.
 */
export function createFetchTransport(options: NodeTransportOptions, otherwise: () => Promise<Transport>): Transport {
  const { trust } = options
  let isPlain = true
  return async (request) => {
    if (!isPlain || !trust || request.method !== 'GET' || request.url.protocol !== 'https:') return (await otherwise())(request)
    try {
      return await underTrust(trust, (set) => exchange(request, options, set))
    } catch (error) {
      isPlain = false
      if (!(error instanceof TransportError) || known.has(error.kind)) throw error
      return (await otherwise())(request)
    }
  }
}

function exchange(request: HttpRequest, { patience, signal }: NodeTransportOptions, set: TrustedSet): Promise<HttpResponse> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const { events, response } = createExchange(request, { patience, signal, abort: () => controller.abort() })
  const check = (certificate: Uint8Array) => {
    if (!fits(request.url.hostname, new (crypto().X509Certificate)(certificate))) return new Error('for another name')
    events.connected()
    return undefined
  }
  const answer = async () => {
    const sent = fetchOverTls(request.url, {
      method: request.method,
      headers: request.headers,
      redirect: 'manual',
      signal: controller.signal,
      decompress: false,
      timeout: false,
      keepalive: false,
      tls: { ca: [...set.certificates], rejectUnauthorized: true, checkServerIdentity: (_, { raw }) => check(raw) },
    })
    // It takes a while to load, while the connection is made.
    crypto()
    const incoming = await sent
    const headers = [...incoming.headers]
    if (headers.reduce((size, [name, value]) => size + name.length + value.length, 0) > longestHead)
      throw new TransportError('too-large', { sent: true, message: headersTooLarge })
    events.head(incoming.status, incoming.statusText, headers)
    for await (const chunk of (incoming.body ?? []) as AsyncIterable<Uint8Array>)
      events.data(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    events.end()
  }
  answer().catch((error: unknown) => events.failed(faultOf(error)))
  return response
}

function faultOf(error: unknown): unknown {
  const { code = '' } = error as { code?: string }
  const [kind, message] = unreadable[code] ?? []
  return kind ? new TransportError(kind, { sent: true, message, cause: error }) : error
}

/** Whether a certificate is for a host, by a name or address that it has beside its subject: no other is asked for here. */
function fits(hostname: string, own: Crypto.X509Certificate): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  const isAddress = /^[\d.]+$|:/.test(host)
  return (isAddress ? own.checkIP(host) : own.checkHost(host, { subject: 'never', partialWildcards: false })) !== undefined
}
