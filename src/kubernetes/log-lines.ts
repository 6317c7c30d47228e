import { kubectlTimeout } from './kubectl-error.ts'
import type { Kubectl } from './kubectl.ts'
import { createLineSplitter, type Piece } from '../text/line-splitter.ts'
import { after } from '../time/timer.ts'

/** A line of a container's log, or a piece of a long one. */
export interface StampedLine extends Omit<Piece, 'text'> {
  readonly line: string
  /** When it was written, as Kubernetes has it: `2025-11-04T09:12:41.204518123Z`. */
  readonly time: string | undefined
}

/** How the lines of a call are read. */
export interface Reading {
  /** Ends the call; the lines then end without an error. */
  signal?: AbortSignal
  /** Milliseconds without any output after which the call is given up; none for one that follows. */
  silence?: number
  /** A last line without its end isn't among them: more of it may come. */
  goesOn?: boolean
}

/**
 * The lines that a call of `kubectl logs --timestamps` prints, as they come. A last line that a broken call cut off
 * isn't among them.
 * @throws KubectlError
 */
export async function* logLines(
  kubectl: Kubectl,
  args: readonly string[],
  { signal, silence, goesOn }: Reading,
): AsyncGenerator<StampedLine> {
  if (signal?.aborted) return
  const call = kubectl.follow(args)
  signal?.addEventListener('abort', call.close, { once: true })
  try {
    const chunks = call.stdout.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>
    const { add, rest } = createLineSplitter()
    const stamp = createStamp()
    for (;;) {
      const chunk = await nextWithin(chunks, silence, call.close)
      if (chunk.done) break
      yield* add(chunk.value).map(stamp)
    }
    await call.ended
    if (!signal?.aborted && !goesOn) yield* rest().map(stamp)
  } finally {
    signal?.removeEventListener('abort', call.close)
    call.close()
  }
}

async function nextWithin<T>(from: AsyncIterator<T>, limit: number | undefined, close: () => void): Promise<IteratorResult<T>> {
  let late = false
  const cancel =
    limit === undefined
      ? undefined
      : after(limit, () => {
          late = true
          close()
        })
  try {
    const next = await from.next()
    if (!late) return next
  } catch (error) {
    if (!late) throw error
  } finally {
    cancel?.()
  }
  throw kubectlTimeout(limit!)
}

function createStamp(): (piece: Piece) => StampedLine {
  let last: string | undefined
  return ({ text, ...piece }) => {
    // A piece is of its line's time, by which it is known when it is read again.
    if (piece.continues) return { ...piece, time: last, line: text }
    const [, time, line] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?(.*)$/s.exec(text) ?? []
    // What looks like a time needn't be one: 2025-02-31T25:61:61Z.
    last = time === undefined || Number.isNaN(Date.parse(time)) ? undefined : time
    return { ...piece, time: last, line: last === undefined ? text : line! }
  }
}

/** Where in a log a reader is, so that it can go on after a break without a line twice. */
export interface Bookmark {
  /** The option that asks for no more than what may be new; none before the first line. */
  since(): string | undefined
  /** Begins to read again: whether a line, of those that come now, is a new one. */
  again(): (line: StampedLine) => boolean
}

/** A bookmark at the beginning. */
export function createBookmark(): Bookmark {
  let last: string | undefined
  let lines = 0
  return {
    since: () => last && `--since-time=${last}`,
    again() {
      const from = last
      let known = lines
      let caughtUp = from === undefined
      // The server counts since-time in whole seconds, so that lines come that were read already.
      const isNew = (time: string): boolean => {
        const order = compareTimes(time, from!)
        if (order === 0 && known > 0) known--
        else if (order >= 0) caughtUp = true
        return caughtUp
      }
      return ({ time }) => {
        if (time === undefined) return true
        if (!caughtUp && !isNew(time)) return false
        lines = time === last ? lines + 1 : 1
        last = time
        return true
      }
    },
  }
}

/** Below 0 when the first time is earlier. Times of Kubernetes have nanoseconds and any offset. */
export function compareTimes(one: string, other: string): number {
  const [first, second] = [nanoseconds(one), nanoseconds(other)]
  return first < second ? -1 : Number(first > second)
}

function nanoseconds(time: string): bigint {
  const [, seconds, fraction = '', offset] = /^([^.]*?\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time)!
  return BigInt(Date.parse(`${seconds}${offset}`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
}
