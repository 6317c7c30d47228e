/** What several sources give, as it comes. The end of one doesn't end the others; the error of one ends all. */
export async function* merge<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const open = new Set(sources)
  const ready: (() => { source: AsyncGenerator<T>; result: IteratorResult<T> })[] = []
  let wake = () => {}
  // No race of promises: one that stays open would keep a memory of each line of the others.
  function ask(source: AsyncGenerator<T>): void {
    void source
      .next()
      .then(
        (result) => ready.push(() => ({ source, result })),
        (error: unknown) =>
          ready.push(() => {
            throw error
          }),
      )
      .then(() => wake())
  }

  sources.forEach(ask)
  try {
    while (open.size > 0) {
      if (ready.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      const { source, result } = ready.shift()!()
      if (result.done) {
        open.delete(source)
        continue
      }
      yield result.value
      ask(source)
    }
  } finally {
    // A source that waits can't return before it has something; whoever made it ends it by its signal.
    for (const source of open) source.return(undefined).catch(() => {})
  }
}
