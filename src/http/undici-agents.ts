// From their own files: undici imported whole costs twice the time.
import connect from 'undici/lib/api/api-connect.js'
import Pool from 'undici/lib/dispatcher/pool.js'

export { default as Agent } from 'undici/lib/dispatcher/agent.js'
export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js'

/** What a proxy agent reaches its proxy with; undici's index is what would give a pool its `connect`. */
export function proxyPool(proxy: URL, options: object): Pool {
  return Object.assign(new Pool(proxy, options), { connect })
}
