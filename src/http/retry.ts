import { backoff } from '../time/timer.ts'
import { transportErrorText, TransportError, type TransportErrorKind } from './transport-error.ts'
import { isRead, type HttpRequest, type HttpResponse, type Transport } from './transport.ts'

export interface RetryOptions {
  /** How often a request may be sent again. */
  retries: number
  /** Resolves after so many milliseconds; rejects when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
  /** From 0 up to 1. */
  random(): number
  /** Milliseconds since 1970. */
  now(): number
  signal?: AbortSignal
  log?: (level: 1, line: string) => void
}

/** The longest wait before another try, in milliseconds, whatever the server asks for. */
export const longestWait = 30_000
const firstWait = 500

/** Statuses of a service that is busy or restarting. */
export const busy: ReadonlySet<number> = new Set([429, 502, 503, 504])
const readAgain: ReadonlySet<TransportErrorKind> = new Set<TransportErrorKind>([
  'refused',
  'reset',
  'truncated',
  'dns-temporary',
  'connect-timeout',
  'idle-timeout',
])
const writeAgain: ReadonlySet<TransportErrorKind> = new Set<TransportErrorKind>(['refused', 'dns-temporary', 'connect-timeout'])

/**
 * A transport that tries again: a read when the connection failed, or the server is busy or silent, a write only when
 * nothing of it can have reached the server. The last try's response or fault is the outcome.
 */
export function withRetries(transport: Transport, options: RetryOptions): Transport {
  const { retries, sleep, random, now, signal, log } = options
  return async (request) => {
    for (let again = 0; ; again++) {
      const outcome = await attempt(transport, request)
      const why = again < retries && reasonToRetry(request, outcome)
      if (!why) {
        if (!(outcome instanceof TransportError)) return outcome
        outcome.tries = again + 1
        throw outcome
      }
      const asked = outcome instanceof TransportError ? undefined : retryAfter(outcome.headers['retry-after'], now())
      // Half of it is random, so that many clients of a server that restarts don't come back as one.
      const wait = asked === undefined ? backoff(again, firstWait * (0.5 + random() / 2), longestWait) : Math.min(asked, longestWait)
      log?.(1, `${why}: trying again in ${(wait / 1000).toFixed(1)} s (${again + 1} of ${retries})`)
      await sleep(wait, signal)
    }
  }
}

async function attempt(transport: Transport, request: HttpRequest): Promise<HttpResponse | TransportError> {
  try {
    return await transport(request)
  } catch (error) {
    if (error instanceof TransportError) return error
    throw error
  }
}

function reasonToRetry(request: HttpRequest, outcome: HttpResponse | TransportError): string | undefined {
  if (!(outcome instanceof TransportError)) {
    return isRead(request) && busy.has(outcome.status) ? `HTTP ${outcome.status}` : undefined
  }
  const may = isRead(request) ? readAgain.has(outcome.kind) : !outcome.sent && writeAgain.has(outcome.kind)
  return may ? transportErrorText[outcome.kind] : undefined
}

/** A Retry-After header (seconds, or a date) in milliseconds from now. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
