import type { SecureContext } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import type { Dispatcher } from 'undici'
import { decompress } from './encoding.ts'
import { toFault, TransportFault, type Progress } from './faults.ts'
import type { Proxy } from './proxy.ts'
import { isRead, type HttpRequest, type HttpResponse, type Patience, type Transport } from './transport.ts'
import { underTrust, type Trust } from './trust.ts'

export interface UndiciTransportOptions {
  /** Whom to trust; none is no verification. */
  trust?: Trust
  patience: Patience
  signal?: AbortSignal
  proxy?: Proxy
  /** The process is ours and short: its WebAssembly is compiled for a quick start. */
  brief?: boolean
}

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
  const { trust, patience, proxy } = options
  const agents = new Map<number, Dispatcher>()
  const clientFactory = (origin: URL, settings: object) => proxyPool(origin, { ...settings, headersTimeout: patience.connect })

  function agentFor(level: number, secure: boolean, secureContext?: SecureContext): Dispatcher {
    const known = agents.get(level)
    if (known) return known
    const tls = { secureContext, rejectUnauthorized: trust !== undefined, timeout: patience.connect }
    const agent = proxy && secure
      ? new ProxyAgent({ uri: proxy.url.href, token: proxy.authorization, requestTls: tls, proxyTls: tls, clientFactory })
      : new Agent({ connect: tls })
    agents.set(level, agent)
    return agent
  }

  let underWay = 0
  async function exchange(request: HttpRequest, level: number, context?: SecureContext): Promise<HttpResponse> {
    options.signal?.throwIfAborted()
    const agent = agentFor(level, request.url.protocol === 'https:', context)
    underWay++
    try {
      return await dispatch(agent, proxy ? throughProxy(request, proxy) : direct(request), request, options)
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
      const verified = request.url.protocol === 'https:' || proxy?.url.protocol === 'https:'
      return trust && verified
        ? underTrust(trust, (context, level) => exchange(request, level, context))
        : exchange(request, 0)
    },
    close: async () => {
      const all = [...agents.values()]
      agents.clear()
      await Promise.all(all.map((agent) => agent.destroy()))
    },
  }
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
  const idle = isRead(request) ? patience.read : patience.write
  let progress: Progress = 'connecting'
  let controller: Dispatcher.DispatchController | undefined
  let settle = () => {}
  return new Promise<HttpResponse>((resolve, reject) => {
    const fail = (error: unknown) => {
      settle()
      reject(error)
      controller?.abort(error instanceof Error ? error : new Error('aborted'))
    }
    const timer = setTimeout(() => fail(new TransportFault('connect-timeout', { sent: false })), patience.connect)
    const interrupt = () => fail(signal?.reason)
    signal?.addEventListener('abort', interrupt, { once: true })
    let settled = false
    settle = () => {
      settled = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', interrupt)
    }
    const response: HttpResponse = { status: 0, reason: '', headers: {}, body: Buffer.alloc(0) }
    const chunks: Buffer[] = []
    const dispatched: Dispatcher.DispatchOptions = {
      ...target,
      method: request.method as Dispatcher.HttpMethod,
      body: request.body ?? null,
      headersTimeout: idle,
      bodyTimeout: idle,
    }
    agent.dispatch(dispatched, {
      onRequestStart(started) {
        controller = started
        if (settled) return started.abort(new Error('given up'))
        progress = 'sent'
        clearTimeout(timer)
      },
      onResponseStart(_controller, status, headers, reason) {
        if (status < 200) return
        progress = 'answering'
        const last = ([name, value]: [string, string | string[] | undefined]) => [name, Array.isArray(value) ? value.at(-1) : value]
        Object.assign(response, { status, reason: reason ?? '', headers: Object.fromEntries(Object.entries(headers).map(last)) })
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk)
      },
      onResponseEnd() {
        settle()
        const proxyRefused = proxy && response.status === 407
        if (proxyRefused) reject(toFault(new Error('Proxy response (407)'), 'connecting'))
        else resolve({ ...response, body: Buffer.concat(chunks) })
      },
      onResponseError(_controller, error) {
        settle()
        reject(toFault(error, progress))
      },
    })
  })
    .finally(() => settle())
    .then(async (response) => ({ ...response, body: await decompress(response.body, response.headers['content-encoding']) }))
}
