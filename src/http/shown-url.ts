import { excerpt } from '../text/printable.ts'

/** A URL as a log may show it: without the values of parameters that name a secret. */
export function shownUrl(url: URL): string {
  const shown = [...url.searchParams].map(
    ([name, value]) => `${name}=${/token|secret|passw|key|sig|auth|cred|code|session/i.test(name) ? '…' : value}`,
  )
  return `${url.origin}${url.pathname}${shown.length > 0 ? `?${excerpt(shown.join('&'), 1000)}` : ''}`
}

/** The address that a server names, as an error may show it: without its query, which may hold a secret. */
export function shownTarget({ protocol, host, pathname, search }: URL): string {
  return `${protocol}//${host}${excerpt(pathname)}${search ? '?…' : ''}`
}
