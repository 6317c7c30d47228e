import { CliError, type NextStep } from '../errors.ts'
import { mostRedirects } from '../http/redirect.ts'
import type { Redirect, Refusal } from '../http/request-error.ts'
import { reasonPhrase, statusLine } from '../http/request-info.ts'
import { shownTarget } from '../http/shown-url.ts'
import { connectionError } from './connection-error.ts'

/** That nothing secret is sent over plain http, in the original's words. */
export function plainHttp(): CliError {
  return new CliError("You've configured your cray hostname with http. Please reconfigure for https.", {
    next: ['config', 'set', 'core', 'hostname=https://HOST'],
  })
}

/** What people are told of a request that was refused here. */
export function refusedRequest(refusal: Refusal): CliError {
  switch (refusal.kind) {
    case 'plain-http':
      return plainHttp()
    case 'proxy': {
      const { variable, scheme } = refusal
      if (scheme === undefined)
        return connectionError([`${variable} is not the address of a proxy.`], { next: `export ${variable}=http://HOST:PORT` })
      return connectionError([`${variable}: a proxy of ${scheme}// is not supported; http, https and socks5 are.`])
    }
    case 'redirect':
      return refusedRedirect(refusal)
  }
}

function refusedRedirect({ reason, request, response, target }: Redirect): CliError {
  if (reason === 'loop')
    return connectionError([`${shownTarget(request.url)}: redirected more than ${mostRedirects} times, last to ${shownTarget(target!)}`])
  const told = (why: string, next?: NextStep) =>
    new CliError(`Error received from server: ${response.status} ${response.reason || reasonPhrase(response.status)}`, {
      more: [why, statusLine(response.status, request)],
      next,
    })
  if (reason === 'no-address') return told('It redirects to something that is not an address.')
  const to = `It redirects to ${shownTarget(target!)}`
  if (reason === 'other-origin') return told(`${to}, another host, which is not followed.`, moved(request.url, target!))
  return told(`${to}, which a ${request.method} does not follow; nothing was sent there.`)
}

/** What to type where the service has moved for good; nothing for a target that isn't one of the service, or less safe. */
function moved(from: URL, to: URL): NextStep | undefined {
  const known = to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')
  return known ? ['config', 'set', 'core', `hostname=${to.origin}`] : undefined
}
