import { RequestError, type Redirect } from './request-error.ts'
import { isRead, type HttpRequest, type HttpResponse, type Transport } from './transport.ts'

/** How many redirects of one request are followed. */
export const mostRedirects = 5

/**
 * A transport that follows redirects to the same origin: of a read all, of a write only 307 and 308, which ask for
 * the same request again. (The original turns a redirected POST into a GET and reports success.)
 *
 * @throws RequestError for a redirect that isn't followed.
 */
export function withRedirects(transport: Transport): Transport {
  return async (request) => {
    let current = request
    for (let followed = 0; ; followed++) {
      const response = await transport(current)
      const target = redirectTarget(current, response)
      if (!target) return response
      if (followed === mostRedirects) throw new RequestError({ kind: 'redirect', reason: 'loop', request, response, target })
      current = { ...current, url: target }
    }
  }
}

function redirectTarget(request: HttpRequest, response: HttpResponse): URL | undefined {
  const {
    status,
    headers: { location },
  } = response
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined
  const target = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined
  const refuse = (reason: Redirect['reason']) => new RequestError({ kind: 'redirect', reason, request, response, target })
  if (!target) throw refuse('no-address')
  target.username = target.password = ''
  if (target.origin !== request.url.origin) throw refuse('other-origin')
  if (!isRead(request) && status !== 307 && status !== 308) throw refuse('write')
  return target
}
