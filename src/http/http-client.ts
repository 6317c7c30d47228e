import { withLog, type HttpLog } from './http-log.ts'
import { usualLimits } from '../time/limits.ts'
import { sleep as defaultSleep, timerDelay } from '../time/timer.ts'
import type { NodeTransportOptions } from './node-transport.ts'
import { refusePlainHttp } from './plain-http.ts'
import { isSocks, namesProxy, proxyFor, type Proxy } from './proxy.ts'
import { withRedirects } from './redirect.ts'
import { RequestError } from './request-error.ts'
import { withRetries } from './retry.ts'
import { shownUrl } from './shown-url.ts'
import type { StreamRequest, StreamResponse, StreamTransport } from './stream.ts'
import type { HttpRequest, Timeouts, Transport } from './transport.ts'
import { createTrust, type Trust, type WellKnownFiles } from './trust.ts'
import type { AgentOptions } from './agent-options.ts'

export interface HttpOptions {
  env: Readonly<Record<string, string | undefined>>
  /** The server isn't verified. A proxy is all the same. */
  insecure?: boolean
  /**
   * Told of each request that is about to go to a server that isn't verified, and of what is secret in it, in words. What it
   * throws keeps the request from being sent.
   */
  unverified?: (secret: string | undefined) => void
  /** A file of CAs that an option or the configuration names; the environment's are found here. */
  caFile?: string
  /** Longest wait for a connection, in seconds; as {@link usualLimits} unless given. */
  connectTimeout?: number
  /** Longest wait for the next part of an answer, in seconds; as {@link usualLimits} unless given. A whole one may take ten times that. */
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
  log?: HttpLog
  /** Told of whom an answer is waited for, retries included; what it returns is called when the wait is over. */
  waiting?: (host: string) => () => void
  /** Milliseconds since 1970. */
  now?: () => number
  /** Milliseconds of a clock that only goes forward. */
  elapsed?: () => number
  /** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted. */
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  /** From 0 up to 1. */
  random?: () => number
  wellKnown?: WellKnownFiles
}

/** How a request goes out. */
export interface RequestContext {
  readonly trust: Trust
  readonly proxy: Proxy | undefined
  readonly patience: Timeouts
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Verified HTTP, through the environment's proxies, with retries and redirects. */
export interface Http extends Transport {
  /** How a request goes out, for who has to tell people why it failed. */
  context(request: HttpRequest): RequestContext
  /** Sends one request whose bodies are streams, once: neither redirects nor retries. */
  stream(request: StreamRequest): Promise<StreamResponse>
  /** Ends held connections. */
  close(): Promise<void>
}

/** Whether a transport is ours, and knows how its requests go out. */
export const isHttp = (transport: Transport | Http): transport is Http => 'context' in transport

/**
 * The transport of a command or of the library.
 *
 * @throws TransportError where no whole answer comes; RequestError for what isn't sent or followed.
 */
export function createTransport(options: HttpOptions): Http {
  const {
    env,
    caFile,
    insecure = false,
    unverified,
    signal,
    log = () => {},
    now = Date.now,
    elapsed = () => performance.now(),
    random = Math.random,
    sleep = defaultSleep,
  } = options
  const patience: Timeouts = {
    connect: timerDelay((options.connectTimeout ?? usualLimits.connect) * 1000),
    read: timerDelay((options.requestTimeout ?? usualLimits.read) * 1000),
    write: timerDelay((options.requestTimeout ?? usualLimits.write) * 1000),
  }
  const named = caFile ? [{ path: caFile, source: 'ca_file' }] : []
  const trust = createTrust({ ...options, named })
  const shared = { trust: insecure ? undefined : trust, patience, signal }
  const pools = new Map<string, Promise<{ send: Transport; close(): Promise<void> }>>()

  const single = createSingle(shared, env)
  const suited: Transport = async (request) => {
    const proxy = usableProxy(request.url, env)
    if (!proxy && !options.keepAlive) return single(request)
    const { origin } = request.url
    const pool = pools.get(origin) ?? openPool({ ...shared, proxy, proxyTrust: trust, brief: options.brief ?? true })
    pools.set(origin, pool)
    return (await pool).send(request)
  }
  const retrying = withRetries(withLog(suited, log, elapsed), { retries: options.retries ?? 3, sleep, random, now, signal, log })
  const guarded: Transport = async (request) => {
    refusePlainHttp(request, usableProxy(request.url, env))
    if (insecure && request.url.protocol === 'https:') unverified?.(request.secret)
    const over = options.waiting?.(request.url.host)
    try {
      return await retrying(request)
    } finally {
      over?.()
    }
  }
  const streams = new Map<string, Promise<StreamTransport>>()
  async function stream(request: StreamRequest): Promise<StreamResponse> {
    const { method, url } = request
    const proxy = usableProxy(url, env)
    if (insecure && url.protocol === 'https:') unverified?.(undefined)
    const opened =
      streams.get(url.origin) ?? openStreams({ ...shared, signal: undefined, proxy, proxyTrust: trust, brief: options.brief ?? true })
    streams.set(url.origin, opened)
    const begun = elapsed()
    const tell = (what: string) => log(1, `${method} ${shownUrl(url)}: ${what} (${Math.round(elapsed() - begun)} ms)`)
    try {
      const response = await (await opened).send(request)
      tell(`${response.status} ${response.reason}`)
      return response
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error))
      throw error
    }
  }
  return Object.assign(withRedirects(guarded), {
    stream,
    context: (request: HttpRequest) => ({ trust, patience, now, proxy: proxyOrNone(request.url, env) }),
    close: async () => {
      await Promise.all([...pools.values(), ...streams.values()].map(async (pool) => (await pool).close()))
    },
  })
}

/**
 * One connection a request. The runtime of the executables has `fetch` ready, which finds proxies in the environment by
 * rules of its own.
 */
function createSingle(options: NodeTransportOptions, env: HttpOptions['env']): Transport {
  let opened: Promise<Transport> | undefined
  const open = () => (opened ??= import('./node-transport.ts').then(({ createNodeTransport }) => createNodeTransport(options)))
  let send: Promise<Transport> | undefined
  return async (request) => {
    send ??=
      import.meta.isExecutable && !namesProxy(env)
        ? import('./fetch-transport.ts').then(({ createFetchTransport }) => createFetchTransport(options, open))
        : open()
    return (await send)(request)
  }
}

async function openPool(options: AgentOptions) {
  const { createUndiciTransport } = await import('./undici-transport.ts')
  return createUndiciTransport(options)
}

async function openStreams(options: AgentOptions) {
  const { createStreamTransport } = await import('./stream-transport.ts')
  return createStreamTransport(options)
}

function usableProxy(url: URL, env: HttpOptions['env']): Proxy | undefined {
  const proxy = proxyFor(url, env)
  if (!proxy || /^https?:$/.test(proxy.url.protocol) || isSocks(proxy.url)) return proxy
  throw new RequestError({ kind: 'proxy', variable: proxy.variable, scheme: proxy.url.protocol })
}

/** The same where one that can't be used is none. */
function proxyOrNone(url: URL, env: HttpOptions['env']): Proxy | undefined {
  try {
    return usableProxy(url, env)
  } catch (error) {
    if (error instanceof RequestError) return undefined
    throw error
  }
}
