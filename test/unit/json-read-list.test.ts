import { describe, expect, it, test } from 'vitest'
import { createListReader } from '../../src/json/read-list.ts'
import { mostValues, readJson } from '../../src/json/read.ts'
import type { Value } from '../../src/json/value.ts'
import { plainData, randomValues } from '../support/random-values.ts'

/** The items of a list that comes in bits, or what is wrong with it. */
function read(bits: readonly string[]): Value[] | string {
  const items: Value[] = []
  const { add, end } = createListReader((item) => void items.push(item))
  try {
    bits.forEach(add)
    end()
    return items
  } catch (error) {
    return (error as Error).message
  }
}

function readWhole(text: string): Value | string {
  try {
    return readJson(text)
  } catch (error) {
    return (error as Error).message
  }
}

const bitsOf = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size))
const halves = (text: string) => Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)])

describe('wherever its text is cut, a list is what it is as a whole', () => {
  test.each([
    '[]',
    ' [ ] \n',
    '[1]',
    '[12,345 , -6.5e+10,0]\n',
    '[true,false , null,NaN,-Infinity,Infinity]',
    '["a","b\\"c","\\\\","\\u00e9\\ud83d\\ude00"]',
    '["é😀",{"ü":"😀"}]',
    '[{"a":1,"b":"x"},{"a":12,"b":"x"},{"a":1,"b":"xy"}]',
    '[[1,[2]],[],{},{"a":{"b":[{}]}}]',
    '[\n  {\n    "a": 1\n  },\n  2\n]',
  ])('%s', (text) => {
    const whole = readJson(text)
    for (const bits of [...halves(text), ...[1, 2, 3, 7].map((size) => bitsOf(text, size))]) expect(read(bits)).toEqual(whole)
  })

  it('agrees with readJson on random values', () => {
    for (const value of randomValues(7, 300)) {
      const text = JSON.stringify([plainData(value), 1, plainData(value)], null, value instanceof Map ? 1 : 0)
      for (const size of [1, 5, 64]) expect(read(bitsOf(text, size))).toEqual(readJson(text))
    }
  })
})

describe('wherever it is cut, what is wrong is found, and where', () => {
  test.each([
    '',
    ' ',
    '[',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '[1 2]',
    '[1]]',
    '[1] x',
    '[01]',
    '[1.]',
    '[1e]',
    '[nul]',
    '[tru,1]',
    '[-]',
    "['a']",
    '["a',
    '["a\\',
    '["a\\"',
    '["\\x"]',
    '["\\u12"]',
    '["a\nb"]',
    '[{"a":1},{"a":12x}]',
    '[{"a":1},\n {"a" 1}]',
    '[1,\n\n 2,\n  3 4]',
    '[{"a":"x\n"}]',
    '[[1,\n2],\n[3 4]]',
    '[{"a":1},{"a"',
  ])('%j', (text) => {
    const why = readWhole(text)
    const expected = text.trim() === '' ? (why as string).replace('a value', 'a list') : why
    for (const bits of [...halves(text), ...[1, 2, 3].map((size) => bitsOf(text, size))]) expect(read(bits)).toEqual(expected)
  })

  it('is nesting that would overflow the stack', () => {
    const deep = '['.repeat(1001)
    expect(read(bitsOf(deep, 100))).toBe(readWhole(deep))
    expect(read(bitsOf('['.repeat(1000) + ']'.repeat(1000), 100))).toHaveLength(1)
  })
})

it('gives each item as soon as what follows shows that it is whole', () => {
  const items: Value[] = []
  const { add } = createListReader((item) => void items.push(item))
  const counts = ['[{"a":', '1', '}', ',12', '3', ' ', ', "x', '"]     '].map((bit) => (add(bit), items.length))
  expect(counts).toEqual([0, 0, 0, 1, 1, 1, 2, 3])
})

// Otherwise this would take minutes.
it('does not begin a long item anew with every bit of it', () => {
  const long = ['x'.repeat(2 ** 20)]
  expect(read(bitsOf(JSON.stringify(long), 16))).toEqual(long)
})

describe('what is beyond a limit is refused at once, wherever more may come', () => {
  test('an item that nests too deeply', () => {
    const { add } = createListReader(() => true)
    expect(() => add('[' + '['.repeat(1000))).toThrow('expected at most 1000 levels at line 1 column 1001')
  })
  test('an item of too many values', () => {
    const { add } = createListReader(() => true)
    expect(() => add(`[[${'true,'.repeat(mostValues)}`)).toThrow(`expected at most ${mostValues} values`)
  })
  test('but not a list of as many items', () => {
    let items = 0
    const { add, end } = createListReader(() => void items++)
    add(`[${'true,'.repeat(mostValues)}`)
    add('true]')
    end()
    expect(items).toBe(mostValues + 1)
  })
})
