import { shownUrl } from './shown-url.ts'
import { excerpt } from '../text/printable.ts'
import type { Transport } from './transport.ts'

/** Is told what happens: 1 requests, 2 also headers, 3 also sizes. Never credentials. */
export type HttpLog = (level: number, line: string) => void

/**
 * A transport that tells what it sends and what comes.
 *
 * @param elapsed milliseconds of a clock that only goes forward.
 */
export function withLog(transport: Transport, log: HttpLog, elapsed: () => number): Transport {
  const headerLines = (mark: string, headers: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(headers)) log(2, `${mark} ${name}: ${shownHeader(name, value)}`)
  }
  return async (request) => {
    const line = `${request.method} ${shownUrl(request.url)}`
    const begun = elapsed()
    const took = () => `(${Math.round(elapsed() - begun)} ms)`
    headerLines('>', request.headers)
    if (request.body !== undefined) log(3, `> ${Buffer.byteLength(request.body)} bytes`)
    try {
      const response = await transport(request)
      log(1, `${line}: ${response.status} ${response.reason} ${took()}`)
      headerLines('<', response.headers)
      log(3, `< ${response.body.length} bytes`)
      return response
    } catch (error) {
      log(1, `${line}: ${error instanceof Error ? error.message : String(error)} ${took()}`)
      throw error
    }
  }
}

const secret = /auth|cookie|token|secret|passw|credential|session|signature|api-?key/i

/**
 * A header's value as it may be logged: not where its name tells of a secret, and of addresses neither user, query nor
 * fragment, which may hold one.
 */
function shownHeader(name: string, value: string): string {
  if (secret.test(name) && !/^(www|proxy)-authenticate$/i.test(name)) return '…'
  return excerpt(value, 1000)
    .replace(/\/\/[^\s/?#@]*@/g, '//…@')
    .replace(/([?#])[^\s"'<>,;]+/g, '$1…')
}
