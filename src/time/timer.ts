/** The longest time that a timer of Node counts, in milliseconds: 24.8 days. It takes a longer one for no time at all. */
const longest = 2 ** 31 - 1

/** A delay, in milliseconds, as Node's own timers take it: a longer one becomes the longest. */
export function timerDelay(milliseconds: number): number {
  return Math.min(milliseconds, longest)
}

/**
 * Calls back after so many milliseconds, however many that are.
 *
 * @returns cancels it.
 */
export function after(milliseconds: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = (left: number) => {
    timer = setTimeout(() => (left > longest ? wait(left - longest) : callback()), Math.min(left, longest))
  }
  wait(milliseconds)
  return () => clearTimeout(timer)
}

/** How long is waited before another try, in milliseconds: twice as long each time, up to the longest. */
export function backoff(again: number, first: number, longest: number): number {
  return Math.min(first * 2 ** again, longest)
}

/** Resolves after so many milliseconds, however many; rejects with the signal's reason when it is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const interrupt = () => {
      cancel()
      reject(signal!.reason)
    }
    const cancel = after(milliseconds, () => {
      signal?.removeEventListener('abort', interrupt)
      resolve()
    })
    signal?.addEventListener('abort', interrupt, { once: true })
  })
}
