/**
 * More steps than these, which take seconds, and an expression is given up: some double their result with every word. A
 * step is a node of the expression that is applied to a value, or a value that is looked into or made without one.
 */
export const mostSteps = 10_000_000

/** The longest text that a function may make, in characters. */
export const longestText = 2 ** 24

/** What functions look through of lists and texts costs less than a step by so much. */
const perStep = 64

/** Functions that don't look at the items of a list. */
const passing = new Set(['length', 'not_null', 'to_array', 'type'])

/** Counts what an expression costs. Each throws an Error where it has become too much. */
export interface Steps {
  spend(count: number): void
  /** A list or text that was made in one step; it is given back. */
  made<T>(result: T): T
  /** What a function of this name is given. */
  given(argument: unknown, name: string): void
  /** What a function gives; it is given back. */
  returned<T>(result: T): T
  /** Whether two values are equal, as JMESPath has it. */
  areEqual(first: unknown, second: unknown): boolean
}

export function createSteps(most: number): Steps {
  let steps = 0
  return {
    spend,
    made(result) {
      spend(sizeOf(result))
      return result
    },
    given(argument, name) {
      // Only this one goes into what it is given, wherever it is a part of itself.
      if (name === 'to_string') weigh(argument)
      else if (typeof argument === 'string' || !passing.has(name)) spend(sizeOf(argument) / perStep)
    },
    returned(result) {
      spend(sizeOf(result) / perStep)
      if (typeof result === 'string' && result.length > longestText)
        throw new Error(`it makes a text of more than ${longestText} characters`)
      return result
    },
    areEqual,
  }

  function spend(count: number): void {
    steps += count
    if (steps > most) throw new Error(`it takes more than ${most} steps`)
  }

  function weigh(data: unknown): void {
    spend(1)
    if (typeof data === 'object' && data !== null) Object.values(data).forEach(weigh)
  }

  function areEqual(first: unknown, second: unknown): boolean {
    spend(1)
    if (first === second) return true
    if (Array.isArray(first) && Array.isArray(second))
      return first.length === second.length && first.every((item, at) => areEqual(item, second[at]))
    if (
      typeof first !== 'object' ||
      typeof second !== 'object' ||
      first === null ||
      second === null ||
      Array.isArray(first) ||
      Array.isArray(second)
    )
      return false
    const [keys, others] = [Object.keys(first), Object.keys(second)]
    return (
      keys.length === others.length &&
      keys.every((key) => Object.hasOwn(second, key) && areEqual(first[key as never], second[key as never]))
    )
  }
}

/** How many items, members or characters a value has of its own. */
export function sizeOf(data: unknown): number {
  if (typeof data === 'string' || Array.isArray(data)) return data.length
  return typeof data === 'object' && data !== null && !('expref' in data) ? Object.keys(data).length : 0
}
