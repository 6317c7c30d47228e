import { shownUrl } from './address.ts'
import { mayHaveHappened } from './asked.ts'
import { connectionFailure } from './connection-failure.ts'
import { TransportFault } from './faults.ts'
import { createNodeTransport } from './node-transport.ts'
import { printable } from '../text/printable.ts'
import { sleep as defaultSleep } from '../time/timer.ts'
import { proxyFor, type Proxy } from './proxy.ts'
import { withRedirects } from './redirect.ts'
import { withRetries } from './retry.ts'
import { isRead, type HttpRequest, type Patience, type Transport } from './transport.ts'
import { createTrust, type Trust, type WellKnownFiles } from './trust.ts'
import type { UndiciTransportOptions } from './undici-transport.ts'

export interface HttpOptions {
  env: Readonly<Record<string, string | undefined>>
  /** The server isn't verified. */
  insecure?: boolean
  /** A file of CAs that an option or the configuration names; the environment's are found here. */
  caFile?: string
  /** Longest wait for a connection, in seconds; 10. */
  connectTimeout?: number
  /** Longest wait for the next byte of an answer, in seconds; 60 for a read, 300 for a write. */
  requestTimeout?: number
  /** How often a request that may be sent again is; 3. */
  retries?: number
  /** Connections are held for the next request. */
  keepAlive?: boolean
  /** The process is ours and short: it may be tuned for a quick start. True unless said otherwise. */
  brief?: boolean
  signal?: AbortSignal
  /** Told, once, of what a user should know though it is no failure. */
  warn?: (line: string) => void
  /** Told what happens: 1 requests, 2 also headers, 3 also sizes. Never credentials. */
  log?: (level: number, line: string) => void
  /** Milliseconds since 1970. */
  now?: () => number
  /** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted. */
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  /** From 0 up to 1. */
  random?: () => number
  wellKnown?: WellKnownFiles
}

/** Verified HTTP, through the environment's proxies, with retries and redirects. */
export interface Http extends Transport {
  /** The Failure that tells people of a {@link TransportFault}; anything else as it is. */
  explain(error: unknown, request: HttpRequest): Promise<unknown>
  /** Ends held connections. */
  close(): Promise<void>
}

/**
 * The transport of a command or of the library. Besides {@link TransportFault}s it throws a Failure for a redirect
 * that isn't followed, and for a proxy of the environment that can't be used.
 */
export function createTransport(options: HttpOptions): Http {
  const { env, caFile, signal, log = () => {}, now = Date.now, random = Math.random, sleep = defaultSleep } = options
  const patience: Patience = {
    connect: (options.connectTimeout ?? 10) * 1000,
    read: (options.requestTimeout ?? 60) * 1000,
    write: (options.requestTimeout ?? 300) * 1000,
  }
  const named = caFile ? [{ path: caFile, source: 'ca_file' }] : []
  const trust = options.insecure ? undefined : createTrust({ ...options, named })
  const pools = new Map<string, Promise<{ send: Transport; close(): Promise<void> }>>()

  const single = createNodeTransport({ trust, patience, signal })
  const suited: Transport = async (request) => {
    const proxy = usableProxy(request.url, env)
    if (!proxy && !options.keepAlive) return single(request)
    const { origin } = request.url
    const pool = pools.get(origin) ?? openPool({ trust, patience, signal, proxy, brief: options.brief ?? true })
    pools.set(origin, pool)
    return (await pool).send(request)
  }
  const retrying = withRetries(logged(suited, log, now), { retries: options.retries ?? 3, sleep, random, now, signal, log })
  return Object.assign(withRedirects(retrying), {
    explain: (error: unknown, request: HttpRequest) => explain(error, request, { trust, patience, now, proxy: () => usableProxy(request.url, env) }),
    close: async () => {
      await Promise.all([...pools.values()].map(async (pool) => (await pool).close()))
    },
  })
}

async function openPool(options: UndiciTransportOptions) {
  const { createUndiciTransport } = await import('./undici-transport.ts')
  return createUndiciTransport(options)
}

function usableProxy(url: URL, env: HttpOptions['env']): Proxy | undefined {
  try {
    const proxy = proxyFor(url, env)
    if (!proxy || /^(https?|socks5?):$/.test(proxy.url.protocol)) return proxy
    throw connectionFailure([`${proxy.variable}: a proxy of ${proxy.url.protocol}// is not supported; http and https are.`])
  } catch (error) {
    if (error instanceof TypeError) throw connectionFailure(['The proxy that the environment names is no address.'], { cause: error })
    throw error
  }
}

async function explain(
  error: unknown,
  request: HttpRequest,
  context: { trust?: Trust; proxy: () => Proxy | undefined; patience: Patience; now: () => number },
): Promise<unknown> {
  if (!(error instanceof TransportFault)) return error
  const { trust, patience, now } = context
  const { url } = request
  const proxy = context.proxy()
  if (error.kind === 'untrusted' || error.kind === 'wrong-name' || error.kind === 'expired') {
    const [{ certificateFailure }, { presentedCertificates }] = await Promise.all([import('./certificate-failure.ts'), import('./certificate.ts')])
    const certificates = await presentedCertificates(url, patience.connect, proxy)
    return certificateFailure({ url, fault: error, certificates, tried: trust?.tried ?? [], now: now() })
  }
  const port = url.port || (url.protocol === 'https:' ? 443 : 80)
  const through = proxy ? ` through the proxy ${proxy.url.origin} (${proxy.variable})` : ''
  const code = error.code && !error.message.includes(error.code) ? ` (${error.code})` : ''
  const wait = error.kind === 'idle-timeout' ? (isRead(request) ? patience.read : patience.write) : patience.connect
  const time = error.kind === 'idle-timeout' || error.kind === 'connect-timeout' ? ` (${wait / 1000} s)` : ''
  const plain = error.kind === 'tls' ? ['Does this port speak TLS? Without it, the hostname starts with http://.'] : []
  return connectionFailure(
    [`${url.hostname}:${port}${through}: ${error.message}${time || code}`, ...plain, ...(error.sent ? mayHaveHappened(request) : [])],
    { cause: error },
  )
}

const quiet = /^(authorization|proxy-authorization|cookie|set-cookie|.*token.*|.*secret.*)$/i

function logged(transport: Transport, log: NonNullable<HttpOptions['log']>, now: () => number): Transport {
  const headerLines = (mark: string, headers: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(headers)) log(2, `${mark} ${name}: ${quiet.test(name) ? '…' : printable(value)}`)
  }
  return async (request) => {
    const line = `${request.method} ${shownUrl(request.url)}`
    const begun = now()
    headerLines('>', request.headers)
    if (request.body !== undefined) log(3, `> ${Buffer.byteLength(request.body)} bytes`)
    try {
      const response = await transport(request)
      log(1, `${line}: ${response.status} ${printable(response.reason)} (${now() - begun} ms)`)
      headerLines('<', response.headers)
      log(3, `< ${response.body.length} bytes`)
      return response
    } catch (error) {
      log(1, `${line}: ${error instanceof Error ? error.message : String(error)} (${now() - begun} ms)`)
      throw error
    }
  }
}
