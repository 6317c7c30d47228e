/** What went wrong between us and the server, whichever transport was in use. */
export type FaultKind =
  | 'refused'
  | 'unreachable'
  | 'dns'
  | 'dns-temporary'
  | 'connect-timeout'
  | 'idle-timeout'
  | 'reset'
  | 'truncated'
  | 'untrusted'
  | 'wrong-name'
  | 'expired'
  | 'tls'
  | 'protocol'
  | 'proxy'
  | 'unknown'

/** How a fault is told to people. */
export const faultWords: Readonly<Record<FaultKind, string>> = {
  refused: 'connection refused',
  unreachable: 'host or network unreachable',
  dns: 'no such host name',
  'dns-temporary': 'the name server did not answer',
  'connect-timeout': 'no connection in time',
  'idle-timeout': 'connected, but no answer in time',
  reset: 'the server closed the connection without an answer',
  truncated: 'the answer broke off in its middle',
  untrusted: 'certificate not trusted',
  'wrong-name': 'certificate is for another name',
  expired: 'certificate expired or not yet valid',
  tls: 'no TLS connection could be made',
  protocol: 'what answers there does not speak HTTP',
  proxy: 'the proxy refused to connect',
  unknown: 'the request failed',
}

const kinds: Readonly<Record<string, FaultKind>> = {
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
  UND_ERR_PRX_TLS: 'wrong-name',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'expired',
  EPROTO: 'tls',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
}

// Nothing of a request can have reached the server when there was no connection to carry it.
const unconnected: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'refused', 'unreachable', 'dns', 'dns-temporary', 'connect-timeout', 'untrusted', 'wrong-name', 'expired', 'proxy',
])

/** A request that brought no whole response. */
export class TransportFault extends Error {
  readonly kind: FaultKind
  /** Whether anything of the request may have reached the server. */
  readonly sent: boolean
  /** The code of the error below it: `ECONNREFUSED`. */
  readonly code: string | undefined

  constructor(kind: FaultKind, details: { sent: boolean; code?: string; message?: string; cause?: unknown }) {
    super(details.message ?? faultWords[kind], { cause: details.cause })
    this.name = 'TransportFault'
    this.kind = kind
    this.sent = details.sent
    this.code = details.code
  }
}

/** How far a request had come when it failed. */
export type Progress = 'connecting' | 'sent' | 'answering'

/** The fault that an error of node:http, node:https, node:tls or undici stands for. */
export function toFault(error: unknown, progress: Progress): TransportFault {
  if (error instanceof TransportFault) return error
  const { code = '', name = '', message = String(error) } = (error ?? {}) as { code?: string; name?: string; message?: string }
  const kind = kindOf(code, name, message, progress)
  const sent = progress !== 'connecting' && !unconnected.has(kind)
  const words = kind === 'proxy' ? proxyWords(message) : kind === 'unknown' ? `${faultWords.unknown}: ${message}` : undefined
  return new TransportFault(kind, { sent, code: code || undefined, message: words, cause: error })
}

function kindOf(code: string, name: string, message: string, progress: Progress): FaultKind {
  if (/^Proxy (response|authentication)/i.test(message)) return 'proxy'
  if (code === 'ETIMEDOUT') return progress === 'connecting' ? 'connect-timeout' : 'reset'
  const kind = kinds[code]
  if (kind === 'reset' && progress === 'answering') return 'truncated'
  if (kind) return kind
  if (code.startsWith('EAI_')) return 'dns'
  // undici's has no code for some of its reasons.
  if (code.startsWith('HPE_') || name === 'HTTPParserError') return 'protocol'
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return 'tls'
  return 'unknown'
}

function proxyWords(message: string): string {
  const status = /\((\d+)\)/.exec(message)?.[1]
  if (status === '407') return 'the proxy wants a user name and password'
  return status ? `${faultWords.proxy}: ${status}` : faultWords.proxy
}
