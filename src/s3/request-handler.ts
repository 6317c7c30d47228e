import type { HttpHandlerOptions, HttpRequest, HttpResponse, RequestHandler } from '@smithy/types'
import type { Http } from '../http/http-client.ts'
import { TransportError, type TransportErrorKind } from '../http/transport-error.ts'

/** What may pass by itself, so that the SDK tries the request again. All of ours may be sent twice. */
const passing: ReadonlySet<TransportErrorKind> = new Set<TransportErrorKind>([
  'refused',
  'unreachable',
  'reset',
  'truncated',
  'dns-temporary',
  'connect-timeout',
  'idle-timeout',
  'proxy',
])

/**
 * Sends the SDK's requests over our own HTTP: its trust, proxies and time limits.
 *
 * @param signal ends requests that have no signal of their own.
 */
export function requestHandler(
  http: Pick<Http, 'stream'>,
  signal?: AbortSignal,
): RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions> {
  return {
    async handle(request, { abortSignal } = {}) {
      try {
        const { status, reason, headers, body } = await http.stream({
          method: request.method,
          url: urlOf(request),
          headers: request.headers,
          body: request.body as Uint8Array | string | undefined,
          signal: (abortSignal as AbortSignal | undefined) ?? signal,
        })
        return { response: { statusCode: status, reason, headers, body } }
      } catch (error) {
        // The SDK's sign for what is tried again.
        if (error instanceof TransportError && passing.has(error.kind)) Object.assign(error, { $retryable: {} })
        throw error
      }
    },
  }
}

function urlOf({ protocol, hostname, port, path, query = {} }: HttpRequest): URL {
  const parameters = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => (value === null || value === undefined ? escaped(name) : `${escaped(name)}=${escaped(value)}`)),
  )
  const host = port === undefined ? hostname : `${hostname}:${port}`
  return new URL(`${protocol}//${host}${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`)
}

// As it was signed: RFC 3986, which encodes more than encodeURIComponent.
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
