import { connectionFailure } from './connection-failure.ts'
import { basic } from './proxy.ts'

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
 * @throws Failure (the connection error) where it is empty, is no URL, or has another scheme.
 */
export function parseAddress(hostname: string): Address {
  const text = hostname.trim()
  if (text === '') throw connectionFailure(['The hostname is empty.'])
  const base = readUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`)
  if (base.protocol !== 'https:' && base.protocol !== 'http:') {
    throw connectionFailure([`${base.protocol}// is not a scheme of the service; it is https.`])
  }
  const authorization = /^[^/]*\/\/[^/?#]*:[^/?#]*@/.test(text.includes('//') ? text : `//${text}`)
    ? basic(base.username, base.password)
    : undefined
  base.username = base.password = base.hash = ''
  base.pathname = base.pathname.slice(0, base.pathname.lastIndexOf('/') + 1)
  return { base, authorization }
}

function readUrl(text: string): URL {
  try {
    return new URL(text)
  } catch {
    // Not shown as it is: it may hold a password.
    throw connectionFailure([`"${text.replace(/\/\/[^/]*@/, '//…@')}" is no address.`])
  }
}

/** The URL of a path of the service, with its query behind the address's own. */
export function urlFor({ base }: Address, path: string, query: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(base)
  url.pathname = base.pathname + path.replace(/^\//, '')
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value)
  return url
}

/** A URL as a log or an error may show it: without the values of parameters that name a secret. */
export function shownUrl(url: URL): string {
  const shown = new URL(url)
  for (const name of new Set(shown.searchParams.keys())) {
    if (/token|secret|passw|key|sig|auth|cred/i.test(name)) shown.searchParams.set(name, '…')
  }
  return shown.origin + shown.pathname + decodeURI(shown.search)
}
