import { BlockList, isIP } from 'node:net'

/** A proxy between us and the server. */
export interface Proxy {
  /** Without user name and password. */
  url: URL
  /** `Basic …`, where the variable has a user name. */
  authorization?: string
  /** The variable that named it: `HTTPS_PROXY`. */
  variable: string
}

type Env = Readonly<Record<string, string | undefined>>

/**
 * The proxy that the environment asks for; undefined for none. The variable follows the URL's scheme; lower case
 * wins, also when it is empty, as with the original's Python.
 *
 * @throws TypeError where the variable holds no URL.
 */
export function proxyFor(url: URL, env: Env): Proxy | undefined {
  const scheme = url.protocol.slice(0, -1)
  const variable = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'].find((name) => env[name] !== undefined)
  const text = variable && env[variable]?.trim()
  if (!variable || !text || isExempt(url, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined
  const proxy = new URL(text.includes('://') ? text : `http://${text}`)
  const authorization = proxy.username ? basic(proxy.username, proxy.password) : undefined
  proxy.username = proxy.password = ''
  return { url: proxy, authorization, variable }
}

/** The Authorization of a user name and password as a URL has them. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether NO_PROXY names the host: `*`, a name, a suffix of it at a dot, an address, a network; each with a port or not. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list.toLowerCase().split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true
    if (entry.includes('/')) return isInside(host, entry)
    const [, name = '', wanted] = /^\*?\.?(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? []
    const bare = name.replace(/^\[|\]$/g, '')
    return bare !== '' && (wanted === undefined || wanted === port) && (host === bare || (!isIP(host) && host.endsWith(`.${bare}`)))
  })
}

function isInside(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/')
  const family = isIP(address)
  if (family === 0 || family !== isIP(host) || !/^\d+$/.test(bits)) return false
  try {
    const name = family === 6 ? 'ipv6' : 'ipv4'
    const list = new BlockList()
    list.addSubnet(address, Number(bits), name)
    return list.check(host, name)
  } catch {
    return false
  }
}
