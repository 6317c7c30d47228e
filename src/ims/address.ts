import { connectionError } from './connection-error.ts'
import { excerpt } from '../text/printable.ts'
import { basic } from '../http/proxy.ts'

/** Where the service is. */
export interface Address {
  /** Scheme, host, port, the path in front of every request's, and the query that is sent along. No user name. */
  base: URL
  /** `Basic …`, where the hostname has a user name and password. */
  authorization?: string
}

/**
 * The address that a configured hostname means: without a scheme it is https; of its path all up to the last `/` is
 * kept in front, its query is kept, and `user:password@` becomes Basic authorization.
 *
 * @throws CliError (the connection error) where it is empty, is no URL, or has another scheme.
 */
export function parseAddress(hostname: string): Address {
  const text = hostname.trim()
  if (text === '') throw connectionError(['The hostname is empty.'])
  const base = readUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`)
  if (base.protocol !== 'https:' && base.protocol !== 'http:') {
    throw connectionError([`${base.protocol}// is not a scheme of the service; it is https.`])
  }
  const authorization = hasPassword(text) ? basic(base.username, base.password) : undefined
  base.username = base.password = base.hash = ''
  base.pathname = base.pathname.slice(0, base.pathname.lastIndexOf('/') + 1)
  return { base, authorization }
}

/** Whether a text has `user:password@` where a host may follow, be it empty. */
function hasPassword(text: string): boolean {
  const [, authority = ''] = /^(?:[^/]*\/\/)?([^/?#]*)/.exec(text)!
  const colon = authority.indexOf(':')
  return colon >= 0 && authority.lastIndexOf('@') > colon
}

function readUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  // Without a cause: its error holds the whole text.
  throw connectionError([`"${excerpt(shownHostname(text))}" is not an address.`])
}

/**
 * A configured hostname as an error may show it. What stands before an @ may be a password, also one with a slash in it, and
 * so may what stands where a port should be; a query may hold a secret.
 */
export function shownHostname(hostname: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(hostname.trim())!
  const at = rest.lastIndexOf('@')
  const host = rest
    .slice(at + 1)
    .replace(/[?#].*$/s, '')
    .replace(/^([^/:[\]]*):(?!\d{1,5}(\/|$)).*$/s, '$1:…')
  return `${scheme}${at < 0 ? '' : '…@'}${host}`
}

/** The URL of a path of the service, with its query behind the address's own. */
export function urlFor({ base }: Address, path: string, query: Readonly<Record<string, string | readonly string[]>> = {}): URL {
  const url = new URL(base)
  url.pathname = base.pathname + path.replace(/^\//, '')
  for (const [name, values] of Object.entries(query)) for (const value of [values].flat()) url.searchParams.append(name, value)
  return url
}
