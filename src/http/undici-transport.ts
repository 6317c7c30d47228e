import { isIP } from 'node:net'
import type { SecureContext } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import type { buildConnector, Dispatcher } from 'undici'
import { createExchange } from './exchange.ts'
import { longestHead, toTransportError } from './transport-error.ts'
import { isSocks, shownProxy, type Proxy } from './proxy.ts'
import type { HttpRequest, HttpResponse, Timeouts, Transport } from './transport.ts'
import { underTrust, type Trust } from './trust.ts'

export interface UndiciTransportOptions {
  /** Whom to trust; none is no verification. */
  trust?: Trust
  patience: Timeouts
  signal?: AbortSignal
  proxy?: Proxy
  /** Whom to trust as a proxy over TLS, which is always verified. */
  proxyTrust?: Trust
  /** The process is ours and short: its WebAssembly is compiled for a quick start. */
  brief?: boolean
}

type Connector = buildConnector.connector

/** A transport that holds connections. */
export interface PooledTransport {
  send: Transport
  /** Ends its connections; requests under way fail. */
  close(): Promise<void>
}

/** undici's HTTP: kept-alive connections, and proxies. */
export async function createUndiciTransport(options: UndiciTransportOptions): Promise<PooledTransport> {
  // undici's HTTP parser is WebAssembly, whose optimised compilation would cost more than a command's requests.
  if (options.brief) setFlagsFromString('--liftoff-only')
  const { Agent, ProxyAgent, proxyPool } = await import('./undici-agents.ts')
  const { trust, patience, proxyTrust } = options
  // Through SOCKS a connection is one to the server itself.
  const socks = options.proxy && isSocks(options.proxy.url) ? { proxy: options.proxy, ...(await import('./socks.ts')) } : undefined
  const proxy = socks ? undefined : options.proxy
  const agents = new Map<number, Dispatcher>()
  const clientFactory = (origin: URL, settings: { connect?: Connector }) =>
    proxyPool(origin, { ...settings, connect: markProxy(settings.connect!), headersTimeout: patience.connect, maxHeaderSize: longestHead })

  function agentFor(level: number, secure: boolean, secureContext?: SecureContext): Dispatcher {
    const known = agents.get(level)
    if (known) return known
    const tls = { secureContext, rejectUnauthorized: trust !== undefined, timeout: patience.connect }
    const proxyTls = { ...tls, rejectUnauthorized: true }
    if (socks)
      return keep(level, new Agent({ connect: socks.socksConnector(socks.proxy, tls, patience.connect), maxHeaderSize: longestHead }))
    const agent =
      proxy && secure
        ? new ProxyAgent({
            uri: proxy.url.href,
            token: proxy.authorization,
            requestTls: tls,
            proxyTls,
            clientFactory,
            maxHeaderSize: longestHead,
          })
        : new Agent({ connect: proxy ? proxyTls : tls, maxHeaderSize: longestHead })
    return keep(level, agent)
  }

  function keep(level: number, agent: Dispatcher): Dispatcher {
    agents.set(level, agent)
    return agent
  }

  let underWay = 0
  async function exchange(request: HttpRequest, level: number, context?: SecureContext): Promise<HttpResponse> {
    options.signal?.throwIfAborted()
    const agent = agentFor(level, request.url.protocol === 'https:', context)
    underWay++
    try {
      return await dispatch(agent, proxy ? throughProxy(request, proxy) : direct(request), request, { ...options, proxy })
    } catch (error) {
      // What still connects can't be called off one by one, and would keep the process alive.
      if (underWay === 1 && agents.get(level) === agent) {
        agents.delete(level)
        void agent.destroy()
      }
      throw error
    } finally {
      underWay--
    }
  }

  return {
    send: (request) => {
      const verified = (request.url.protocol === 'https:' && trust) || (proxy?.url.protocol === 'https:' && proxyTrust)
      return verified ? underTrust(verified, (context, level) => exchange(request, level, context)) : exchange(request, 0)
    },
    close: async () => {
      const all = [...agents.values()]
      agents.clear()
      await Promise.all(all.map((agent) => agent.destroy()))
    },
  }
}

/** What connects to a proxy, telling its own faults from the server's. */
function markProxy(connect: Connector): Connector {
  return (options, callback) =>
    // undici names the proxy as a server name also where it is an address, of which Node warns.
    connect({ ...options, servername: isIP(options.hostname) ? undefined : options.servername }, (...[error, socket]) => {
      if (error) callback(toTransportError(error, 'connecting', true), null)
      else callback(null, socket!)
    })
}

type Target = Pick<Dispatcher.DispatchOptions, 'origin' | 'path' | 'headers'>

function direct({ url, headers }: HttpRequest): Target {
  return { origin: url.origin, path: url.pathname + url.search, headers }
}

// Over TLS the proxy agent makes a tunnel; plain HTTP goes to the proxy as a request with a whole URL.
function throughProxy(request: HttpRequest, proxy: Proxy): Target {
  const { url, headers } = request
  if (url.protocol === 'https:') return direct(request)
  const credentials = proxy.authorization ? { 'Proxy-Authorization': proxy.authorization } : {}
  return { origin: proxy.url.origin, path: url.href, headers: { Host: url.host, ...headers, ...credentials } }
}

function dispatch(agent: Dispatcher, target: Target, request: HttpRequest, options: UndiciTransportOptions): Promise<HttpResponse> {
  const { patience, signal, proxy } = options
  const forwarder = proxy && request.url.protocol === 'http:' ? proxy : undefined
  let controller: Dispatcher.DispatchController | undefined
  let given: Error | undefined
  const { events, response } = createExchange(request, {
    patience,
    signal,
    toProxy: forwarder !== undefined,
    abort(reason) {
      given = reason instanceof Error ? reason : new Error('aborted')
      controller?.abort(given)
    },
  })
  // Time and size are the exchange's to limit.
  const dispatched: Dispatcher.DispatchOptions = {
    ...target,
    method: request.method as Dispatcher.HttpMethod,
    body: request.body ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  try {
    agent.dispatch(dispatched, {
      onRequestStart(started) {
        controller = started
        if (given) return started.abort(given)
        events.connected()
      },
      onRequestUpgrade: () => events.interim(101),
      onResponseStart(_controller, status, headers, reason) {
        if (status < 200) return events.interim(status)
        if (status === 407 && forwarder) return events.failed(new Error('Proxy response (407)'))
        events.head(status, reason ?? '', pairs(headers))
      },
      onResponseData: (_controller, chunk) => events.data(chunk),
      onResponseEnd: events.end,
      onResponseError: (_controller, error) => events.failed(error),
    })
  } catch (error) {
    events.failed(error)
  }
  return forwarder ? response.then((whole) => ({ ...whole, proxy: shownProxy(forwarder) })) : response
}

function pairs(headers: Record<string, string | string[] | undefined>): [string, string][] {
  return Object.entries(headers).flatMap(([name, values]) => [values ?? []].flat().map((value): [string, string] => [name, value]))
}
