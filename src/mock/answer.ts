import { STATUS_CODES } from 'node:http'
import { spacedText } from './json-text.ts'

/** A request, as the mock looks at it. */
export interface Call {
  readonly method: string
  /** The path of the URL, percent-encoded as it came. */
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  /** Scheme and host that it was asked by; of a call that no server took, none. */
  readonly origin?: string
  readonly body: string
}

/** What the mock answers. */
export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The server breaks the connection: before it answers, or in the middle of the body. */
  readonly broken?: 'reset' | 'truncate'
}

const json = { 'Content-Type': 'application/json' }

/** An answer of the service: reason phrases in upper case, as werkzeug sends them. */
export function answer(status: number, body: string, headers: Record<string, string> = json): Answer {
  return { status, reason: (STATUS_CODES[status] ?? 'Unknown').toUpperCase(), headers, body }
}

/** 200 with JSON that is written already. */
export function found(text: string): Answer {
  return answer(200, text)
}

/** JSON in its own order, as Flask-RESTful sends what a handler returns. */
export function plain(status: number, data: unknown, headers?: Record<string, string>): Answer {
  return answer(status, `${spacedText(data)}\n`, { ...json, ...headers })
}

/** 204. */
export function nothing(): Answer {
  return answer(204, '')
}

/** An answer of the gateway in front of the service: plain text, reason phrases as they are usually written. */
export function gatewayAnswer(status: number, body: string): Answer {
  return { status, reason: STATUS_CODES[status] ?? 'Unknown', headers: { 'Content-Type': 'text/plain' }, body }
}
