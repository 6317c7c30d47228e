import { STATUS_CODES } from 'node:http'
import { Failure } from '../errors.ts'
import { shellWord } from '../text/shell-words.ts'
import { shownTarget } from './address.ts'
import { statusLine } from './asked.ts'
import { connectionFailure } from './connection-failure.ts'
import { isRead, type HttpRequest, type HttpResponse, type Transport } from './transport.ts'

/** How many redirects of one request are followed. */
export const mostRedirects = 5

/**
 * A transport that follows redirects to the same origin: of a read all, of a write only 307 and 308, which ask for
 * the same request again. (The original turns a redirected POST into a GET and reports success.)
 *
 * @throws Failure that names the target of a redirect that isn't followed; the connection error for a loop.
 */
export function withRedirects(transport: Transport): Transport {
  return async (request) => {
    let current = request
    for (let followed = 0; ; followed++) {
      const response = await transport(current)
      const target = redirectTarget(current, response)
      if (!target) return response
      if (followed === mostRedirects) {
        throw connectionFailure([`${shownTarget(request.url)}: redirected more than ${mostRedirects} times, last to ${shownTarget(target)}`])
      }
      current = { ...current, url: target }
    }
  }
}

function redirectTarget(request: HttpRequest, { status, reason, headers }: HttpResponse): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return undefined
  const target = URL.canParse(headers.location, request.url.href) ? new URL(headers.location, request.url) : undefined
  const answer = `Error received from server: ${status} ${reason || STATUS_CODES[status]}`
  const line = statusLine(status, request)
  if (!target) throw new Failure(answer, { more: ['It redirects to what is no address.', line] })
  target.username = target.password = ''
  const refuse = (why: string, next?: string) =>
    new Failure(answer, { more: [`It redirects to ${shownTarget(target)}, ${why}`, line], next })
  if (target.origin !== request.url.origin) {
    throw refuse('another host, which is not followed.', moved(request.url, target))
  }
  if (!isRead(request) && status !== 307 && status !== 308) {
    throw refuse(`which a ${request.method} does not follow; nothing was sent there.`)
  }
  return target
}

/** What to type where the service has moved for good; nothing for a target that isn't one of the service, or less safe. */
function moved(from: URL, to: URL): string | undefined {
  const known = to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')
  return known ? `cray-ims config set core ${shellWord(`hostname=${to.origin}`)}` : undefined
}
