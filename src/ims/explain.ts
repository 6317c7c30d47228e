import { CliError } from '../errors.ts'
import { mayHaveHappened } from './resource-paths.ts'
import { connectionError } from './connection-error.ts'
import { TransportError } from '../http/transport-error.ts'
import { shownProxy, type Proxy } from '../http/proxy.ts'
import { refusedRequest } from './refused-request.ts'
import { timeLimitError } from './time-limit.ts'
import { isHttp, type Http, type RequestContext } from '../http/http-client.ts'
import { RequestError } from '../http/request-error.ts'
import type { HttpRequest, Transport } from '../http/transport.ts'

/** The CliError that tells people of an error of a transport; anything else as it is. A transport that isn't ours says less. */
export async function explainOf(transport: Transport | Http, error: unknown, request: HttpRequest): Promise<unknown> {
  if (isHttp(transport)) return explain(error, request, transport.context(request))
  return error instanceof TransportError ? connectionError([error.message], { cause: error }) : error
}

/** The same, with what is known of how the request went out. */
export async function explain(error: unknown, request: HttpRequest, context: RequestContext): Promise<unknown> {
  if (error instanceof RequestError) return refusedRequest(error.refusal)
  if (!(error instanceof TransportError)) return error
  const { proxy, patience } = context
  const { url } = request
  if (error.kind === 'untrusted' || error.kind === 'wrong-name' || error.kind === 'expired') return ofCertificate(error, url, context)
  const { lines, next }: Partial<ReturnType<typeof mayHaveHappened>> =
    error.sent || error.kind === 'too-large' ? mayHaveHappened(request) : {}
  if (error.kind === 'too-large') return new CliError(`${url.hostname}: ${error.message}`, { more: lines, next, cause: error })
  const through = proxy ? ` through ${shownProxy(proxy)}` : ''
  // undici's own codes say nothing that the words don't.
  const code = error.code && !error.code.startsWith('UND_') && !error.message.includes(error.code) ? ` (${error.code})` : ''
  const whom = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}${through}`
  return (
    timeLimitError(error, request, whom, patience) ??
    connectionError([`${whom}: ${error.message}${code}`, ...advice(error, proxy), ...(lines ?? [])], {
      next,
      cause: error,
    })
  )
}

function advice({ kind }: TransportError, proxy: Proxy | undefined): string[] {
  if (kind === 'tls') return ['Does this port speak TLS? Without it, the hostname starts with http://.']
  if (kind === 'proxy-refused' && proxy) return [`${proxy.variable} names the proxy; NO_PROXY names the hosts that are reached without it.`]
  return []
}

async function ofCertificate(fault: TransportError, url: URL, { trust, proxy, patience, now }: RequestContext): Promise<unknown> {
  const [{ certificateError }, { presentedCertificates }] = await Promise.all([
    import('./certificate-error.ts'),
    import('../http/certificate.ts'),
  ])
  const blamed = fault.ofProxy ? proxy : undefined
  const certificates = await presentedCertificates(blamed ? blamed.url : url, {
    timeout: patience.connect,
    trust,
    proxy: blamed ? undefined : proxy,
  })
  return certificateError({ url: blamed ? blamed.url : url, proxy: blamed?.variable, fault, certificates, tried: trust.tried, now: now() })
}
