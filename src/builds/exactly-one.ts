import { usageError } from '../errors.ts'

/**
 * Sees to it that exactly one of some arguments and options is given; the first is the one that is missed.
 *
 * @throws CliError that names two that don't go together, or what is missing.
 */
export function exactlyOne(given: Readonly<Record<string, string | undefined>>): void {
  const names = Object.keys(given)
  const [first, second] = names.filter((name) => given[name] !== undefined)
  if (second) throw usageError(`${first} and ${second} don't go together.`)
  if (!first) throw usageError(`Missing argument '${names[0]}'.`)
}
