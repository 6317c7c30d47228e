import type { Value, ValueMap } from '../../src/json/value.ts'

/** What the texts of random values are made of: all that a writer has to escape, quote or fold. */
const words = [
  'word',
  'lorem',
  'a',
  'is',
  ':',
  'a:',
  'b: c',
  '#',
  ' #',
  '-',
  '- x',
  '?',
  '? x',
  'true',
  'null',
  '~',
  '1',
  '1.0',
  '1_0',
  '0x1f',
  '0o7',
  '.5',
  '1e5',
  '-.inf',
  '.nan',
  '2026-01-02',
  '2026-01-02T03:04:05.1Z',
  "it's",
  '"q"',
  '\\',
  '\\x41',
  '\\u0041',
  '\t',
  '\n',
  '\r\n',
  '\u00a0',
  '\u00ad',
  'é',
  '日本語',
  '😀',
  '\0',
  '\u001b[31m',
  '\ufeff',
  '\u007f',
  '[',
  '{',
  '}',
  '@',
  '`',
  '%',
  '&a',
  '*b',
  '!c',
  '|',
  '>',
  '=',
  '<<',
  ',',
  '...',
  '---',
  'x'.repeat(30),
  'y'.repeat(90),
  '7f26144b-9828-4fcd-99a5',
]

const keys = ['a', 'b', 'some_key', 'key-x', '10', '2', 'x.y', 'with space', '', 'k'.repeat(130), 'w '.repeat(70)]

/** Random numbers from 0 up to 1 that are the same for the same seed (Mulberry32). */
export function randomNumbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Random tables, and lists of them, up to four deep; the same ones for the same seed. Lists hold one kind of thing. */
export function* randomValues(seed: number, count: number): Generator<ValueMap | ValueMap[]> {
  const random = randomNumbers(seed)
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
  const many = <Item>(most: number, make: () => Item): Item[] => Array.from({ length: Math.floor(random() * (most + 1)) }, make)

  const text = (): string => many(pick([1, 3, 40]), () => pick(words) + pick([' ', ' ', '', '  '])).join('')
  const key = (): string => (random() < 0.7 ? pick(keys) : [...text()].slice(0, 60).join(''))
  const number = (): Value => ({
    number: pick([
      () => String(Math.floor((random() - 0.5) * 2 ** 53)),
      () => String(Math.floor(random() * 100)),
      () => `${Math.floor(random() * 100)}.0`,
      () => ((random() - 0.5) * 10 ** Math.floor(random() * 40 - 20)).toExponential(),
    ])(),
  })
  const scalar = (): Value => pick<() => Value>([text, text, number, () => random() < 0.5])()
  const table = (depth: number): ValueMap => new Map(many(4, () => [key(), value(depth - 1)]))
  const value = (depth: number): Value => {
    if (depth <= 0 || random() < 0.5) return random() < 0.1 ? null : scalar()
    return pick<() => Value>([
      () => many(3, text),
      () => many(3, () => many(2, number)),
      () => many(3, () => table(depth - 1)),
      () => table(depth),
    ])()
  }
  for (let made = 0; made < count; made++) yield random() < 0.6 ? table(4) : many(3, () => table(3))
}

/** The value as `JSON.parse` has it. */
export function plainData(value: Value): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(plainData)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plainData(item)]))
  return Number(value.number)
}
