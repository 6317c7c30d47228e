import { usageFailure } from '../errors.ts'

/** A bracket that holds nothing but numbers and ranges of them. */
const bracket = /\[(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)\]/

/** More names than this in one text is a mistake, and would only exhaust memory. */
const most = 100_000

/**
 * The texts of a list option: host lists are expanded (`a[1-3]` is `a1,a2,a3`), then the text is split at commas.
 * White space inside a value stays; that around the commas goes. A bracket that holds no numeric range is left as
 * it is. Source: the original's list options.
 *
 * @throws Failure for a range that goes down, or too many names.
 */
export function expandList(text: string): string[] {
  return splitOutside(text).flatMap(expand).join(',').split(',').map((value) => value.trim())
}

function expand(text: string): string[] {
  const match = bracket.exec(text)
  if (!match) return [text]
  const head = text.slice(0, match.index)
  const tails = expand(text.slice(match.index + match[0].length))
  return numbers(match[1]!).flatMap((number) => tails.map((tail) => `${head}${number}${tail}`))
}

function numbers(ranges: string): bigint[] {
  const all = new Set<bigint>()
  for (const range of ranges.split(',')) {
    const [first, last = first] = range.split('-') as [string, string?]
    const from = BigInt(first)
    const to = BigInt(last)
    if (to < from) throw usageFailure(`Invalid value: the range ${range} goes down`, { next: `write it as ${last}-${first}` })
    if (to - from > most) throw usageFailure(`Invalid value: the range ${range} is too long`, { more: [`  at most ${most} names`] })
    for (let number = from; number <= to; number++) all.add(number)
  }
  return [...all].sort((a, b) => (a < b ? -1 : 1))
}

/** Split at the commas that no bracket holds. */
function splitOutside(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '[') depth++
    else if (text[at] === ']') depth = Math.max(0, depth - 1)
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}
