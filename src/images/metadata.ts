import { usageError } from '../errors.ts'
import type { Image } from '../ims/records.ts'

/** The notes on an image that are texts: an older service has none. */
export function metadataOf({ metadata }: Pick<Image, 'metadata'>): Record<string, string> {
  const present: unknown = metadata
  if (typeof present !== 'object' || present === null) return {}
  return Object.fromEntries(Object.entries(present).filter(([, value]) => typeof value === 'string')) as Record<string, string>
}

/**
 * Notes as they are typed: `KEY=VALUE`.
 *
 * @throws CliError for one that is no pair, and for a key with two values.
 */
export function parseMetadata(flag: string, words: readonly string[]): Record<string, string> {
  const pairs = words.map((word): [string, string] => {
    const at = word.indexOf('=')
    if (at < 1) throw usageError(`Invalid value for '${flag}': ${word || 'an empty text'} is not KEY=VALUE.`)
    return [word.slice(0, at), word.slice(at + 1)]
  })
  const twice = pairs.find(([key], at) => pairs.findIndex((other) => other[0] === key) !== at)
  if (twice) throw usageError(`Invalid value for '${flag}': ${twice[0]} has two values.`)
  return Object.fromEntries(pairs)
}
