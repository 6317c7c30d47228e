import { usageError } from '../errors.ts'

/** A bracket that holds nothing but numbers and ranges of them. */
const bracket = /\[(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)\]/g

/** More names than this in one text are a mistake, and would only exhaust memory. */
const most = 100_000n

/** The most digits of a number in a range. */
const longestNumber = 100

/**
 * The texts of a list option: host lists are expanded (`a[1-3]` is `a1,a2,a3`), then the text is split at commas.
 * White space inside a value stays; that around the commas goes. A bracket that holds no numeric range is left as
 * it is. Source: the original's list options.
 *
 * @throws CliError for a range that goes down, or too many names.
 */
export function expandList(text: string): string[] {
  const parts = splitOutside(text).map(readPart)
  const count = parts.reduce((sum, { brackets }) => sum + brackets.reduce((product, numbers) => product * countOf(numbers), 1n), 0n)
  if (count > most) throw usageError(`Invalid value: the list comes to more than ${most} names`)
  return parts
    .flatMap(expand)
    .join(',')
    .split(',')
    .map((value) => value.trim())
}

/** Numbers from the first to the last. */
type Range = readonly [first: bigint, last: bigint]

/** `x[0-1]c[2,4]`: the texts `x`, `c` and the empty one, and between them what stands in brackets. */
interface Part {
  readonly texts: readonly string[]
  readonly brackets: readonly (readonly Range[])[]
}

function readPart(text: string): Part {
  // Texts and what stands in brackets come in turn.
  const pieces = text.split(bracket)
  return {
    texts: pieces.filter((_, at) => at % 2 === 0),
    brackets: pieces.filter((_, at) => at % 2 === 1).map((ranges) => ranges.split(',').map(readRange)),
  }
}

function readRange(range: string): Range {
  const [first, last = first] = range.split('-') as [string, string?]
  if (first.length > longestNumber || last.length > longestNumber)
    throw usageError(`Invalid value: a number of the range ${range.slice(0, 2 * longestNumber)}… is too long`)
  if (BigInt(last) < BigInt(first))
    throw usageError(`Invalid value: the range ${range} goes down`, { next: `write it as ${last}-${first}` })
  return [BigInt(first), BigInt(last)]
}

/** How many numbers ranges have at most: those in several of them count for each. */
const countOf = (ranges: readonly Range[]) => ranges.reduce((sum, [first, last]) => sum + last - first + 1n, 0n)

function numbersOf(ranges: readonly Range[]): bigint[] {
  const all = new Set<bigint>()
  for (const [first, last] of ranges) for (let number = first; number <= last; number++) all.add(number)
  return [...all].sort((a, b) => (a < b ? -1 : 1))
}

function expand({ texts, brackets }: Part): string[] {
  return brackets.reduceRight(
    (tails, ranges, at) => numbersOf(ranges).flatMap((number) => tails.map((tail) => `${texts[at]}${number}${tail}`)),
    [texts.at(-1)!],
  )
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
