import { Failure } from '../errors.ts'
import type { Proxy } from './proxy.ts'
import type { HttpRequest } from './transport.ts'

/** That nothing secret is sent over plain http, in the original's words. */
export function plainHttp(): Failure {
  return new Failure("You've configured your cray hostname with http. Please reconfigure for https.", {
    next: 'cray-ims config set core hostname=https://HOST',
  })
}

/**
 * Makes sure that credentials don't leave this machine over plain http.
 *
 * @throws Failure where they would.
 */
export function refusePlainHttp({ url, headers }: HttpRequest, proxy: Proxy | undefined): void {
  if (url.protocol !== 'http:' || !Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')) return
  if (!isLoopback(url) || (proxy && !isLoopback(proxy.url))) throw plainHttp()
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\.[\d.]+$/.test(hostname)
}
