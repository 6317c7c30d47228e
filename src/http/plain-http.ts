import type { Proxy } from './proxy.ts'
import { RequestError } from './request-error.ts'
import type { HttpRequest } from './transport.ts'

/**
 * Makes sure that credentials don't leave this machine over plain http.
 *
 * @throws RequestError where they would.
 */
export function refusePlainHttp({ url, headers }: HttpRequest, proxy: Proxy | undefined): void {
  if (url.protocol !== 'http:' || !Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')) return
  if (!isLoopback(url) || (proxy && !isLoopback(proxy.url))) throw new RequestError({ kind: 'plain-http' })
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\.[\d.]+$/.test(hostname)
}
