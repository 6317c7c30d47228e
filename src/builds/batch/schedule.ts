/** Work that may need the result of other work of the same list. */
export interface Task<R> {
  readonly name: string
  /** The name of the one that it needs. */
  readonly needs: string | undefined
  /** @param needed the result of the one that it needs. */
  run(needed: R | undefined): Promise<R>
}

/**
 * Runs tasks, so many at once, each after the one that it needs; those whose need comes to nothing don't run.
 *
 * @param tasks in an order in which each comes after the one that it needs.
 * @param none what a task comes to whose need came to nothing.
 * @param isGood whether a result is something that others can go on from.
 */
export async function schedule<R>(
  tasks: readonly Task<R>[],
  limit: number,
  { isGood, none }: { isGood: (result: R) => boolean; none: (task: Task<R>) => R },
): Promise<R[]> {
  const results = new Map<string, Promise<R>>()
  const waiting: (() => void)[] = []
  let free = limit
  const slot = async () => {
    if (free > 0) free--
    else await new Promise<void>((granted) => waiting.push(granted))
  }
  const give = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  async function run(task: Task<R>): Promise<R> {
    const needed = task.needs === undefined ? undefined : await results.get(task.needs)!
    if (needed !== undefined && !isGood(needed)) return none(task)
    await slot()
    try {
      return await task.run(needed)
    } finally {
      give()
    }
  }
  for (const task of tasks) results.set(task.name, run(task))
  return Promise.all(tasks.map(({ name }) => results.get(name)!))
}
