import type { LogText } from './log-text.ts'

/** What of a log is asked for. Source: the parameters of `pods/log`. */
export interface LogQuery {
  readonly follow: boolean
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  /** Milliseconds since 1970. */
  readonly since: number
}

/** A log that is being written. */
export interface LiveLog {
  /** The lines, and those that it will write if nothing comes in between; undefined when its pod is gone. */
  lines(): readonly LogText[] | undefined
  /** Whether its container has ended. */
  ended(): boolean
  now(): number
  /** Resolves at a time, or when something changed; rejects when aborted. */
  until(time: number, signal: AbortSignal): Promise<void>
}

/** A query's parameters. */
export function parseLogQuery(query: URLSearchParams, now: number): LogQuery {
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined)
  const seconds = number('sinceSeconds')
  const time = query.get('sinceTime')
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    tailLines: number('tailLines'),
    since: seconds !== undefined ? now - seconds * 1000 : time ? Date.parse(time) : -Infinity,
  }
}

/** The lines of a log as the API server streams them. */
export function logStream(log: LiveLog, { follow, timestamps, tailLines, since }: LogQuery): ReadableStream<Uint8Array> {
  const gone = new AbortController()
  const encoder = new TextEncoder()
  const text = (lines: readonly LogText[]) =>
    encoder.encode(lines.map(({ time, text }) => `${timestamps ? `${nanoTime(time)} ` : ''}${text}\n`).join(''))
  let sent: number | undefined

  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const lines = log.lines()
        const now = log.now()
        const written = lines?.filter(({ time }) => time <= now) ?? []
        const news = sent === undefined ? first(written) : written.slice(sent)
        const over = !follow || lines === undefined || (log.ended() && written.length === lines.length)
        sent = Math.max(sent ?? 0, written.length)
        if (news.length > 0) controller.enqueue(text(news))
        if (over) return controller.close()
        if (news.length > 0) return
        try {
          await log.until(lines[written.length]?.time ?? Infinity, gone.signal)
        } catch {
          return
        }
      }
    },
    cancel: () => gone.abort(),
  })

  function first(written: readonly LogText[]): readonly LogText[] {
    const recent = written.filter(({ time }) => time >= since)
    return tailLines === undefined ? recent : recent.slice(Math.max(recent.length - tailLines, 0))
  }
}

/** A time as the container runtime writes it: nine digits of a second. */
function nanoTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds)
  const rest = String(Math.round((milliseconds - whole) * 1e6)).padStart(6, '0')
  return `${new Date(whole).toISOString().slice(0, -1)}${rest}Z`
}
