import type * as Net from 'node:net'
import { RequestError } from './request-error.ts'

/** A proxy between us and the server. */
export interface Proxy {
  /** Without user name and password. */
  url: URL
  /** `Basic …`, where the variable has a user name. */
  authorization?: string
  /** The same for a proxy that isn't one of HTTP. */
  user?: { readonly name: string; readonly password: string }
  /** The variable that named it: `HTTPS_PROXY`. */
  variable: string
}

/** A proxy in an error: its address, and where it was named. */
export function shownProxy({ url, variable }: Proxy): string {
  return `the proxy ${url.protocol}//${url.host} (${variable})`
}

// Few requests meet a NO_PROXY, and it takes a while to load.
const net = (): typeof Net => process.getBuiltinModule('node:net')

type Env = Readonly<Record<string, string | undefined>>

/**
 * The proxy that the environment asks for; undefined for none. The variable follows the URL's scheme; lower case
 * wins, also when it is empty, as with the original's Python.
 *
 * @throws CliError (the connection error) where the variable holds no URL.
 */
export function proxyFor(url: URL, env: Env): Proxy | undefined {
  const scheme = url.protocol.slice(0, -1)
  const variable = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'].find((name) => env[name] !== undefined)
  const text = variable && env[variable]?.trim()
  if (!variable || !text || isExempt(url, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined
  const proxy = readUrl(text.includes('://') ? text : `http://${text}`, variable)
  const { username, password } = proxy
  proxy.username = proxy.password = ''
  if (!username) return { url: proxy, variable }
  if (isSocks(proxy)) return { url: proxy, user: { name: decode(username), password: decode(password) }, variable }
  return { url: proxy, authorization: basic(username, password), variable }
}

/** Whether the environment names a proxy for anything. */
export function namesProxy(env: Env): boolean {
  return Object.entries(env).some(([name, value]) => value && /_proxy$/i.test(name) && !/^no_proxy$/i.test(name))
}

/** Whether a proxy speaks SOCKS 5, rather than HTTP. */
export function isSocks({ protocol }: URL): boolean {
  return /^socks(5h?)?:$/.test(protocol)
}

function readUrl(text: string, variable: string): URL {
  // The text isn't shown, and no cause is kept: either may hold a password.
  if (!URL.canParse(text)) throw new RequestError({ kind: 'proxy', variable, scheme: undefined })
  return new URL(text)
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
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true
      if (entry.includes('/')) return isInside(host, entry)
      const { bare, wanted } = readEntry(entry.replace(/^\*?\.?/, ''))
      return bare !== '' && (wanted === undefined || wanted === port) && (host === bare || (!net().isIP(host) && host.endsWith(`.${bare}`)))
    })
}

/** A name or address of NO_PROXY, and the port behind it. An IPv6 address with a port is in brackets. */
function readEntry(entry: string): { bare: string; wanted?: string } {
  const [, inside, port] = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry) ?? []
  if (inside !== undefined) return { bare: inside, wanted: port }
  const [name = '', wanted, ...more] = entry.split(':')
  return more.length > 0 ? { bare: entry } : { bare: wanted === undefined || /^\d+$/.test(wanted) ? name : '', wanted }
}

function isInside(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/')
  const { BlockList, isIP } = net()
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
