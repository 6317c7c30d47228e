import { isTooManyFiles } from '../errors.ts'

/** What went wrong between us and the server, whichever transport was in use. */
export type TransportErrorKind =
  | 'refused'
  | 'unreachable'
  | 'dns'
  | 'dns-temporary'
  | 'connect-timeout'
  | 'idle-timeout'
  | 'answer-timeout'
  | 'reset'
  | 'truncated'
  | 'untrusted'
  | 'wrong-name'
  | 'expired'
  | 'tls'
  | 'protocol'
  | 'too-large'
  | 'proxy'
  | 'proxy-refused'
  | 'unknown'

/** How a fault is told to people. */
export const transportErrorText: Readonly<Record<TransportErrorKind, string>> = {
  refused: 'connection refused',
  unreachable: 'host or network unreachable',
  dns: 'no such host name',
  'dns-temporary': 'the name server did not answer',
  'connect-timeout': 'no connection in time',
  'idle-timeout': 'connected, but no answer in time',
  'answer-timeout': 'the answer did not end in time',
  reset: 'the server closed the connection without an answer',
  truncated: 'the answer broke off in its middle',
  untrusted: 'certificate not trusted',
  'wrong-name': 'certificate is for another name',
  expired: 'certificate expired or not yet valid',
  tls: 'no TLS connection could be made',
  protocol: 'what answers there does not speak HTTP',
  'too-large': 'the answer is too large',
  proxy: 'the proxy could not connect',
  'proxy-refused': 'the proxy refused to connect',
  unknown: 'the request failed',
}

const kinds: Readonly<Record<string, TransportErrorKind>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns-temporary',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'idle-timeout',
  UND_ERR_BODY_TIMEOUT: 'idle-timeout',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  ERR_SOCKET_CLOSED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  HPE_INVALID_EOF_STATE: 'truncated',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  // A CA of the right name and another key: the right one may be in the next file.
  CERT_SIGNATURE_FAILURE: 'untrusted',
  INVALID_CA: 'untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong-name',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'expired',
  EPROTO: 'tls',
  HPE_HEADER_OVERFLOW: 'too-large',
  UND_ERR_HEADERS_OVERFLOW: 'too-large',
}

/** The longest head of an answer that is taken, in bytes. */
export const longestHead = 2 ** 16

// Nothing of a request can have reached the server when there was no connection to carry it.
const unconnected: ReadonlySet<TransportErrorKind> = new Set<TransportErrorKind>([
  'refused',
  'unreachable',
  'dns',
  'dns-temporary',
  'connect-timeout',
  'untrusted',
  'wrong-name',
  'expired',
  'proxy',
  'proxy-refused',
])

/** How a head is told to people that is longer than {@link longestHead}. */
export const headersTooLarge = `the answer's headers are larger than ${longestHead / 1024} KiB`

/** A request that brought no whole response. */
export class TransportError extends Error {
  readonly kind: TransportErrorKind
  /** Whether anything of the request may have reached the server. */
  readonly sent: boolean
  /** The code of the error below it: `ECONNREFUSED`. */
  readonly code: string | undefined
  /** It is the proxy that was spoken to, and not the server. */
  readonly ofProxy: boolean
  /** How often the request was tried, all in all. */
  tries = 1

  constructor(kind: TransportErrorKind, details: { sent: boolean; code?: string; message?: string; ofProxy?: boolean; cause?: unknown }) {
    super(details.message ?? transportErrorText[kind], { cause: details.cause })
    this.name = 'TransportError'
    this.kind = kind
    this.sent = details.sent
    this.code = details.code
    this.ofProxy = details.ofProxy ?? false
  }
}

/** How far a request had come when it failed. */
export type Progress = 'connecting' | 'sent' | 'answering'

/**
 * The fault that an error of node:http, node:https, node:tls or undici stands for.
 *
 * @param ofProxy it is a proxy that was connected to.
 */
export function toTransportError(error: unknown, progress: Progress, ofProxy = false): TransportError {
  if (error instanceof TransportError) return error
  const {
    code = '',
    name = '',
    message = String(error),
    cause,
  } = (error ?? {}) as { code?: string; name?: string; message?: string; cause?: unknown }
  // undici puts an error of its own around some.
  if (cause instanceof TransportError) return cause
  const kind = kindOf(code, name, message, progress)
  const sent = progress !== 'connecting' && !unconnected.has(kind)
  return new TransportError(kind, { sent, code: code || undefined, message: wordsOf(kind, message, code), ofProxy, cause: error })
}

function wordsOf(kind: TransportErrorKind, message: string, code: string): string | undefined {
  if (kind === 'proxy' || kind === 'proxy-refused') return proxyWords(kind, statusOfProxy(message))
  if (kind === 'too-large') return headersTooLarge
  if (message === 'bad upgrade') return switched
  if (isTooManyFiles({ code, message })) return 'too many files are open (ulimit -n)'
  return kind === 'unknown' ? `${transportErrorText.unknown}: ${message}` : undefined
}

/** How an answer is told to people that has begun, and of which nothing more comes. */
export const stalled = 'the answer stopped in its middle'

/** How a 101 is told to people. */
export const switched = 'the server switches to another protocol (101), which was not asked for'

function kindOf(code: string, name: string, message: string, progress: Progress): TransportErrorKind {
  if (/^Proxy (response|authentication)/i.test(message)) return isFinal(statusOfProxy(message)) ? 'proxy-refused' : 'proxy'
  if (code === 'ETIMEDOUT') return progress === 'connecting' ? 'connect-timeout' : 'reset'
  // undici's words for an interim answer that it doesn't take: a 100, a 101.
  if (message === 'bad response' || message === 'bad upgrade') return 'protocol'
  // OpenSSL's words for SHA-1; its code says nothing.
  if (message.includes('digest algorithm too weak')) return 'untrusted'
  const kind = kinds[code]
  if (kind === 'reset' && progress === 'answering') return 'truncated'
  if (kind) return kind
  if (code.startsWith('EAI_')) return 'dns'
  // undici's has no code for some of its reasons.
  if (code.startsWith('HPE_') || name === 'HTTPParserError') return 'protocol'
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return 'tls'
  return 'unknown'
}

const statusOfProxy = (message: string) => Number(/\((\d+)\)/.exec(message)?.[1])

// What a proxy refuses, it goes on to refuse; that it can't reach the server may pass.
const isFinal = (status: number) => status >= 400 && status < 500 && status !== 408 && status !== 429

function proxyWords(kind: TransportErrorKind, status: number): string {
  if (status === 407) return 'the proxy wants a user name and password'
  return Number.isNaN(status) ? transportErrorText[kind] : `${transportErrorText[kind]}: ${status}`
}
