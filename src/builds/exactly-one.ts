import { usageFailure } from '../errors.ts'

/**
 * Sees to it that exactly one of some arguments and options is given; the first is the one that is missed.
 *
 * @throws Failure that names two that don't go together, or what is missing.
 */
export function oneOf(given: Readonly<Record<string, string | undefined>>): void {
  const names = Object.keys(given)
  const [first, second] = names.filter((name) => given[name] !== undefined)
  if (second) throw usageFailure(`${first} and ${second} don't go together.`)
  if (!first) throw usageFailure(`Missing argument '${names[0]}'.`)
}
