import type { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { linkSignals } from '../time/linked-signal.ts'

/** How much of a program's output is waited for, and how long. */
export interface OutputLimits {
  /** Milliseconds. */
  readonly limit: number
  /** Characters. */
  readonly longest: number
  /** Ends the wait; it rejects with the signal's reason. */
  readonly signal?: AbortSignal
  late(): Error
  tooLong(): Error
}

/**
 * All that a program prints, and what it ended with. Whoever started it ends it.
 *
 * @param ended of the program, once its output has been read.
 * @throws what `ended` rejects with, and what the limits say.
 */
export async function readOutput<R>(
  stdout: Readable,
  ended: Promise<R>,
  { limit, longest, signal, late, tooLong }: OutputLimits,
): Promise<{ text: string; ended: R }> {
  let text = ''
  const overflow = new Promise<never>((_, fail) => {
    stdout.setEncoding('utf8').on('data', (more: string) => {
      if (text.length + more.length > longest) fail(tooLong())
      else text += more
    })
  })
  const timer = linkSignals(signal)
  const timeout = wait(limit, undefined, { signal: timer.signal }).then(
    () => Promise.reject(late()),
    (): never => {
      throw timer.signal.reason
    },
  )
  try {
    const outcome = await Promise.race([ended, overflow, timeout])
    return { text, ended: outcome }
  } finally {
    timer.end()
  }
}
