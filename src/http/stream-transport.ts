import { Readable } from 'node:stream'
import type { SecureContext } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import type { Dispatcher } from 'undici'
import { timerDelay } from '../time/timer.ts'
import { stalled, TransportError, toTransportError, type Progress } from './transport-error.ts'
import { underTrust } from './trust.ts'
import type { AgentOptions } from './agent-options.ts'
import type { StreamRequest, StreamResponse, StreamTransport } from './stream.ts'
import type { Agents } from './undici-agents.ts'
import { targetFor } from './undici-target.ts'

/** A body goes out in pieces of so many bytes, so that a slow connection can be told from a dead one. */
const pieceSize = 256 * 1024

/**
 * undici's HTTP with bodies as streams: through the same proxies and under the same trust as every other request.
 * Nothing of a body is sent before the server is verified.
 */
export async function createStreamTransport(options: AgentOptions): Promise<StreamTransport> {
  // As for every request through undici: before it is loaded.
  if (options.brief) setFlagsFromString('--liftoff-only')
  const { openAgents, request } = await import('./undici-agents.ts')
  const opened = await openAgents(options)
  const { trust, proxyTrust } = options
  return {
    send(asked) {
      const secure = asked.url.protocol === 'https:'
      const verified = (secure && trust) || (opened.proxy?.url.protocol === 'https:' && proxyTrust)
      const exchange = (level: number, context?: SecureContext) =>
        send((how) => request.call(opened.agentFor(level, secure, context), how), asked, { ...options, proxy: opened.proxy })
      return verified ? underTrust(verified, ({ context }, level) => exchange(level, context)) : exchange(0)
    },
    close: () => closeAll(opened),
  }
}

async function closeAll({ agents }: Agents): Promise<void> {
  const all = [...agents.values()]
  agents.clear()
  await Promise.all(all.map((agent) => agent.destroy()))
}

type Dispatch = (options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>

async function send(dispatch: Dispatch, asked: StreamRequest, { patience, proxy, signal }: AgentOptions): Promise<StreamResponse> {
  const { method, body } = asked
  const ended = [signal, asked.signal].filter((one) => one !== undefined)
  for (const one of ended) one.throwIfAborted()
  const end = new AbortController()
  const stop = AbortSignal.any([...ended, end.signal])
  const target = targetFor(asked, proxy)
  const toProxy = proxy !== undefined && asked.url.protocol === 'http:'
  let progress: Progress = 'connecting'
  const idle = silenceTimer(patience.read, () =>
    end.abort(
      new TransportError('idle-timeout', { sent: progress !== 'connecting', message: progress === 'answering' ? stalled : undefined }),
    ),
  )
  const fail = (error: unknown): unknown => {
    idle.stop()
    if (stop.aborted) return stop.reason
    return toTransportError(error, progress, toProxy)
  }
  const sent = () => {
    progress = 'sent'
    idle.start()
  }
  try {
    idle.start(patience.connect + patience.read)
    const response = await dispatch({
      ...target,
      headers: withLength(target.headers as Record<string, string>, body),
      method: method as Dispatcher.HttpMethod,
      body: body === undefined || body.length === 0 ? null : Readable.from(pieces(body, sent), { objectMode: false }),
      headersTimeout: 0,
      bodyTimeout: 0,
      signal: stop,
    })
    progress = 'answering'
    idle.stop()
    return {
      status: response.statusCode,
      reason: response.statusText ?? '',
      headers: lastOfEach(response.headers),
      body: Readable.from(received(response.body, idle, fail), { objectMode: false }),
    }
  } catch (error) {
    throw fail(error)
  }
}

function* pieces(body: Uint8Array | string, sent: () => void): Generator<Uint8Array> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  for (let at = 0; at < bytes.length; at += pieceSize) {
    sent()
    yield bytes.subarray(at, at + pieceSize)
  }
  sent()
}

function withLength(headers: Record<string, string>, body: Uint8Array | string | undefined): Record<string, string> {
  const others = Object.entries(headers).filter(([name]) => !/^(content-length|expect)$/i.test(name))
  const length = body === undefined ? undefined : Buffer.byteLength(body)
  return Object.fromEntries(length === undefined ? others : [...others, ['Content-Length', String(length)]])
}

async function* received(body: Readable, idle: SilenceTimer, fail: (error: unknown) => unknown): AsyncGenerator<Buffer> {
  try {
    // A reader that is slow is no silence of the server: the limit holds while a piece is waited for.
    idle.start()
    for await (const chunk of body) {
      idle.stop()
      yield chunk as Buffer
      idle.start()
    }
    idle.stop()
  } catch (error) {
    throw fail(error)
  } finally {
    idle.stop()
    if (!body.destroyed) body.destroy()
  }
}

interface SilenceTimer {
  start(milliseconds?: number): void
  stop(): void
}

function silenceTimer(usual: number, ring: () => void): SilenceTimer {
  let timer: NodeJS.Timeout | undefined
  return {
    start(milliseconds = usual) {
      clearTimeout(timer)
      timer = setTimeout(ring, timerDelay(milliseconds))
    },
    stop: () => clearTimeout(timer),
  }
}

function lastOfEach(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, values]) => [values ?? []].flat().map((value) => [name.toLowerCase(), value] as const)),
  )
}
