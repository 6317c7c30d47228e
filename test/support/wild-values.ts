import type { Value, ValueMap } from '../../src/json/value.ts'
import type { RandomInput } from './random-input.ts'

const numbers = [
  '0',
  '-0',
  '-0.0',
  '0.0',
  '1e400',
  '-1e400',
  '5e-324',
  '1e16',
  '1e15',
  '1e-4',
  '1e-5',
  '1.10',
  '1E+2',
  '123456789.123456789',
]

/** What is a text, but looks like something else. */
const lookalikes = [
  ...[
    '',
    ' ',
    'true',
    'No',
    'on',
    'null',
    '~',
    '=',
    '<<',
    '-',
    '?',
    ':',
    '---',
    '...',
    '- a',
    '? a',
    'a: b',
    'a:',
    ' #',
    '#',
    '!t',
    '&a',
    '*a',
  ],
  ...['1', '1_0', '010', '0o7', '0x1f', '0b1', '1.', '.5', '1e5', '1e+5', '+1', '-.inf', '.nan', 'nan', 'inf', '1:30', '1:30.5'],
  ...[
    '2026-01-02',
    '2026-01-02T03:04:05Z',
    '2026-1-2 3:04:05',
    '03:04:05',
    '[a]',
    '{a: b}',
    '|',
    '>',
    '%a',
    '@a',
    '`a',
    "'",
    '"',
    '\\',
    '\\n',
  ],
]

/** A random text of all that Unicode has, or one that looks like something else. */
export function wildText({ below, pick }: RandomInput): string {
  const many = <Item>(most: number, make: () => Item): Item[] => Array.from({ length: below(most + 1) }, make)
  const planes = [
    () => below(0x20),
    () => 0x20 + below(0x5f),
    () => 0x7f + below(0x81),
    () => 0x100 + below(0xd700),
    () => 0xd800 + below(0x2800),
    () => 0x10000 + below(0x100000),
    () => pick([0x0a, 0x0d, 0x09, 0x20, 0x27, 0x22, 0x5c, 0xa0, 0xad, 0x200b, 0x202e, 0xfeff, 0xfffe, 0xffff]),
    () => 0x20,
  ]
  if (below(3) === 0) return pick(lookalikes)
  const some = below(2) === 0 ? planes : many(2, () => pick(planes))
  return some.length === 0 ? 'plain' : many(pick([2, 12, 200]), () => String.fromCodePoint(pick(some)())).join('')
}

/** A random value of all kinds that JSON has, whose texts are of all that Unicode has. */
export function wildValue(random: RandomInput): ValueMap | Value[] {
  const { below, pick } = random
  const many = <Item>(most: number, make: () => Item): Item[] => Array.from({ length: below(most + 1) }, make)
  const text = () => wildText(random)
  const digits = (most: number) => Array.from({ length: 1 + below(most) }, () => below(10)).join('')
  const whole = () => digits(40).replace(/^0+(?=.)/, '')
  const number = (): Value => ({
    number: pick([
      () => pick(numbers),
      () => `${pick(['', '-'])}${whole()}`,
      () => `${pick(['', '-'])}${whole()}.${digits(20)}`,
      () => `${pick(['', '-'])}${whole()}${pick(['e', 'E'])}${pick(['', '+', '-'])}${digits(3)}`,
    ])(),
  })
  const value = (depth: number): Value =>
    pick<() => Value>([
      text,
      text,
      number,
      () => below(2) === 0,
      () => null,
      () => (depth > 0 ? table(depth - 1) : text()),
      () => (depth > 0 ? list(depth - 1) : text()),
    ])()
  const table = (depth: number): ValueMap => new Map(many(4, () => [text(), value(depth)]))
  const list = (depth: number): Value[] => (below(2) === 0 ? many(4, () => table(depth)) : many(4, () => value(depth)))
  return below(2) === 0 ? table(3) : list(3)
}
