import type { SecureContext } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import type { Dispatcher } from 'undici'
import { createExchange } from './exchange.ts'
import { shownProxy } from './proxy.ts'
import type { HttpRequest, HttpResponse, Transport } from './transport.ts'
import { underTrust } from './trust.ts'
import type { AgentOptions } from './agent-options.ts'
import { targetFor, type Target } from './undici-target.ts'

/** A transport that holds connections. */
export interface PooledTransport {
  send: Transport
  /** Ends its connections; requests under way fail. */
  close(): Promise<void>
}

/** undici's HTTP: kept-alive connections, and proxies. */
export async function createUndiciTransport(options: AgentOptions): Promise<PooledTransport> {
  // undici's HTTP parser is WebAssembly, whose optimised compilation would cost more than a command's requests.
  if (options.brief) setFlagsFromString('--liftoff-only')
  const { openAgents } = await import('./undici-agents.ts')
  const { trust, proxyTrust } = options
  const { agents, agentFor, proxy } = await openAgents(options)

  let underWay = 0
  async function exchange(request: HttpRequest, level: number, context?: SecureContext): Promise<HttpResponse> {
    options.signal?.throwIfAborted()
    const agent = agentFor(level, request.url.protocol === 'https:', context)
    underWay++
    try {
      return await dispatch(agent, targetFor(request, proxy), request, { ...options, proxy })
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
      return verified ? underTrust(verified, ({ context }, level) => exchange(request, level, context)) : exchange(request, 0)
    },
    close: async () => {
      const all = [...agents.values()]
      agents.clear()
      await Promise.all(all.map((agent) => agent.destroy()))
    },
  }
}

function dispatch(agent: Dispatcher, target: Target, request: HttpRequest, options: AgentOptions): Promise<HttpResponse> {
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
