/** A signal that follows others. */
export interface LinkedSignal {
  readonly signal: AbortSignal
  /** Aborts it, and lets the others forget it. */
  end(): void
}

/**
 * A signal that is aborted with the first of others, for as long as something lasts. `AbortSignal.any` would leave a trace
 * in each of them for good: in one of the whole process, which is looked at for hours, that adds up.
 */
export function linkSignals(...signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const own = new AbortController()
  const links = signals.flatMap((signal) => {
    if (!signal) return []
    const follow = () => own.abort(signal.reason)
    if (signal.aborted) follow()
    else signal.addEventListener('abort', follow, { once: true })
    return [() => signal.removeEventListener('abort', follow)]
  })
  return {
    signal: own.signal,
    end() {
      for (const unlink of links) unlink()
      own.abort()
    },
  }
}
