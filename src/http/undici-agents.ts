// From their own files: undici imported whole costs twice the time.
import { isIP } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { buildConnector, Dispatcher } from 'undici'
import connect from 'undici/lib/api/api-connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'
export { default as request } from 'undici/lib/api/api-request.js'
import type { AgentOptions } from './agent-options.ts'
import { isSocks, type Proxy } from './proxy.ts'
import { longestHead, toTransportError } from './transport-error.ts'

/** undici's agents for one origin: one for each set of CAs that was tried. */
export interface Agents {
  readonly agents: Map<number, Dispatcher>
  agentFor(level: number, secure: boolean, secureContext?: SecureContext): Dispatcher
  /** The proxy that requests are put to; none where connections are tunnelled through SOCKS. */
  readonly proxy: Proxy | undefined
}

type Connector = buildConnector.connector

export async function openAgents(options: AgentOptions): Promise<Agents> {
  const { trust, patience } = options
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

  return { agents, agentFor, proxy }
}

/** What a proxy agent reaches its proxy with; undici's index is what would give a pool its `connect`. */
function proxyPool(proxy: URL, options: object): Pool {
  return Object.assign(new Pool(proxy, options), { connect })
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
