import { timerDelay } from '../time/timer.ts'
import { openBody, type OpenBody } from './response-body.ts'
import { stalled, switched, toTransportError, TransportError, type TransportErrorKind, type Progress } from './transport-error.ts'
import { excerpt } from '../text/printable.ts'
import { longestSilence, wholeAnswer, type HttpRequest, type HttpResponse, type Timeouts, type ResponseHead } from './transport.ts'

/** What a transport tells of a request that it sends. All of it may be told late or twice: only the first end counts. */
export interface ExchangeEvents {
  /** The connection is there, and the request goes out. */
  connected(): void
  /** An answer before the answer came (1xx). */
  interim(status: number): void
  /** @param headers as they came, a name that is repeated more than once. */
  head(status: number, reason: string, headers: readonly (readonly [name: string, value: string])[]): void
  data(chunk: Buffer): void
  /** All of the answer has come. */
  end(): void
  /** The transport is done: what has not ended by now broke off. */
  closed(): void
  failed(error: unknown): void
}

export interface ExchangeOptions {
  patience: Timeouts
  signal?: AbortSignal
  /** It is a proxy that is connected to. */
  toProxy?: boolean
  /** Gives the request up. */
  abort(error: unknown): void
}

/** So many answers before the answer are taken, and so many headers of one. */
const mostInterim = 20
const mostHeaders = 1000

/**
 * Makes a response of what a transport tells, within the limits of time and size. From the first moment to the last a
 * timer runs, so that the response settles whatever a transport leaves out.
 */
export function createExchange(
  request: HttpRequest,
  { patience, signal, toProxy = false, abort }: ExchangeOptions,
): { events: ExchangeEvents; response: Promise<HttpResponse> } {
  const idle = longestSilence(request, patience)
  let progress: Progress = 'connecting'
  let settled = false
  let ended = false
  let interim = 0
  let head: ResponseHead | undefined
  let body: OpenBody | undefined
  let resolve!: (response: HttpResponse) => void
  let reject!: (error: unknown) => void
  const response = new Promise<HttpResponse>((...both) => ([resolve, reject] = both))

  const fault = (kind: TransportErrorKind, message?: string) =>
    new TransportError(kind, { sent: progress !== 'connecting', message, ofProxy: toProxy })
  const interrupt = () => fail(signal?.reason)
  const late = (kind: TransportErrorKind) => fail(fault(kind, kind === 'idle-timeout' && progress === 'answering' ? stalled : undefined))
  const after = (milliseconds: number, kind: TransportErrorKind) => setTimeout(late, timerDelay(milliseconds), kind)
  let timer = after(patience.connect, 'connect-timeout')
  let whole: NodeJS.Timeout | undefined
  signal?.addEventListener('abort', interrupt, { once: true })

  function settle(): boolean {
    if (settled) return false
    settled = true
    clearTimeout(timer)
    clearTimeout(whole)
    signal?.removeEventListener('abort', interrupt)
    return true
  }

  function fail(error: unknown): void {
    if (!settle()) return
    reject(error)
    body?.destroy()
    abort(error)
  }

  /** What a transport's callback does must not throw into the transport. */
  function guarded<Arguments extends unknown[]>(act: (...args: Arguments) => void): (...args: Arguments) => void {
    return (...args) => {
      if (settled) return
      try {
        act(...args)
      } catch (error) {
        fail(error)
      }
    }
  }

  const events: ExchangeEvents = {
    connected: guarded(() => {
      if (progress !== 'connecting') return
      progress = 'sent'
      clearTimeout(timer)
      timer = after(idle, 'idle-timeout')
      whole = after(idle * (patience.whole ?? wholeAnswer), 'answer-timeout')
    }),
    interim: guarded((status) => {
      if (status === 101) throw fault('protocol', switched)
      if (++interim > mostInterim) throw fault('protocol', `the server sends more than ${mostInterim} interim answers (1xx)`)
      timer.refresh()
    }),
    head: guarded((status, reason, headers) => {
      if (status < 200) throw fault('protocol', switched)
      progress = 'answering'
      timer.refresh()
      if (headers.length > mostHeaders) throw fault('too-large', `the answer has more than ${mostHeaders} headers`)
      head = { status, reason: excerpt(reason), headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])) }
      body = openBody(head, request, fail)
    }),
    data: guarded((chunk) => {
      timer.refresh()
      body?.add(chunk)
    }),
    end: guarded(() => {
      if (!head || !body) throw fault('reset')
      ended = true
      body.end((content) => {
        if (settle()) resolve({ ...head!, body: content })
      })
    }),
    closed: guarded(() => {
      if (!ended) throw fault(head ? 'truncated' : 'reset')
    }),
    failed: guarded((error) => {
      throw toTransportError(error, progress, toProxy)
    }),
  }
  return { events, response }
}
