import type { Dispatcher } from 'undici'
import type { Proxy } from './proxy.ts'
import type { HttpRequest } from './transport.ts'

type Sent = Pick<HttpRequest, 'url' | 'headers'>

/** Where a request goes, as undici takes it. */
export type Target = Pick<Dispatcher.DispatchOptions, 'origin' | 'path' | 'headers'>

/** The target of a request, whether it goes through a proxy or not. */
export function targetFor(request: Sent, proxy: Proxy | undefined): Target {
  return proxy ? throughProxy(request, proxy) : direct(request)
}

function direct({ url, headers }: Sent): Target {
  return { origin: url.origin, path: url.pathname + url.search, headers }
}

// Over TLS the proxy agent makes a tunnel; plain HTTP goes to the proxy as a request with a whole URL.
function throughProxy(request: Sent, proxy: Proxy): Target {
  const { url, headers } = request
  if (url.protocol === 'https:') return direct(request)
  const credentials = proxy.authorization ? { 'Proxy-Authorization': proxy.authorization } : {}
  return { origin: proxy.url.origin, path: url.href, headers: { Host: url.host, ...headers, ...credentials } }
}
