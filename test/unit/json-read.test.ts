import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import { mostValues, readJson } from '../../src/json/read.ts'
import type { Value } from '../../src/json/value.ts'
import { plainData, randomValues } from '../support/random-values.ts'

const n = (number: string): Value => ({ number })

describe('what it reads', () => {
  test.each<[string, Value]>([
    ['null', null],
    [' \t\r\n true \n', true],
    ['""', ''],
    ['1.0', n('1.0')],
    ['-0', n('-0')],
    ['12345678901234567890123', n('12345678901234567890123')],
    ['-1.50E+07', n('-1.50E+07')],
    ['NaN', n('NaN')],
    ['[Infinity,-Infinity]', [n('Infinity'), n('-Infinity')]],
    ['[]', []],
    ['{ }', new Map()],
    ['[ [ ] , { } ]', [[], new Map()]],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00"', '"\\/\b\f\n\r\té😀'],
    ['"\\ud83d"', '\ud83d'],
    ['["\\\\","\\\\\\"","x"]', ['\\', '\\"', 'x']],
    ['"\u007f\u2028é😀"', '\u007f\u2028é😀'],
  ])('%s', (text, value) => {
    expect(readJson(text)).toEqual(value)
  })

  it('keeps the order of keys, also of those that look like numbers', () => {
    expect([...(readJson('{"z":1,"10":2,"2":3,"a":4,"__proto__":5}') as Map<string, Value>).keys()]).toEqual([
      'z',
      '10',
      '2',
      'a',
      '__proto__',
    ])
  })

  it('gives a repeated key its first place and its last value', () => {
    expect([...(readJson('{"a":1,"b":2,"a":3}') as Map<string, Value>)]).toEqual([
      ['a', n('3')],
      ['b', n('2')],
    ])
  })

  it('is not misled by what came before: records that differ in keys, values and escapes', () => {
    const records = [
      { a: 'x', b: 1, c: true },
      { a: 'x', b: 12, c: true },
      { a: 'x"', b: 1.5, c: 'true' },
      { a: 'xy', bb: 1, c: null },
      { 'a"': 1, b: '1', c: 1 },
      { 'a\\': 1, b: 1e3, c: 10 },
      { a: { a: 1, b: 2 }, b: [1, { b: 1 }], c: {} },
      {},
      { b: 1, a: 1 },
    ]
    for (const indent of [0, 1]) expect(plainData(readJson(JSON.stringify(records, null, indent)))).toEqual(records)
    const escaped = '[{"\\u0061":1,"b":"\\u0062"},{"\\u0061":1,"b":"b"},{"a":2,"b":"\\u0062"}]'
    expect(plainData(readJson(escaped))).toEqual(JSON.parse(escaped))
  })

  it('agrees with JSON.parse on 2,000 random values', () => {
    for (const value of randomValues(1, 2000)) {
      const text = JSON.stringify(plainData(value), null, 1)
      if (!isDeepStrictEqual(plainData(readJson(text)), JSON.parse(text))) expect(plainData(readJson(text))).toEqual(JSON.parse(text))
    }
  })
})

describe('what it refuses', () => {
  test.each([
    '',
    ' ',
    '[',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{a:1}',
    '{1:1}',
    '{"a" 1}',
    '[1 2]',
    ']',
    '01',
    '-',
    '-x',
    '+1',
    '1.',
    '.5',
    '1e',
    '1e+',
    '0x1',
    '1_0',
    '--1',
    'nul',
    'True',
    'nan',
    'infinity',
    '-infinity',
    "'a'",
    '"a',
    '"a\\"',
    '"\\',
    '"\\x"',
    '"\\u12"',
    '"\\u12g4"',
    '"\\U0041"',
    '"a\nb"',
    '"a\tb\\n"',
    '"\\n\u0000"',
    '{"a\n":1}',
    '1 2',
    '{} x',
    '[]]',
    '\ufeff1',
    'true1',
    '\u00a01',
    '[{"a":1},{"a":12x}]',
    '[{"a":true},{"a":truely}]',
    '[{"a":"x"},{"a":"x"x}]',
  ])('%j', (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError)
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
  })

  test.each([
    ['[1,\n 2 3]', "expected ',' or ']' at line 2 column 4"],
    ['<html>', 'expected a value at line 1 column 1'],
    ['{"a":1} x', 'expected the end at line 1 column 9'],
    ['{"a":"x\n"}', 'expected no control character at line 1 column 8'],
  ])('%j says where', (text, message) => {
    expect(() => readJson(text)).toThrow(message)
  })

  it('is nesting that would overflow the stack', () => {
    expect(() => readJson('['.repeat(100_000))).toThrow('expected at most 1000 levels at line 1 column 1001')
    expect(readJson('['.repeat(1000) + ']'.repeat(1000))).toHaveLength(1)
  })

  it('is a text with more values than memory holds', () => {
    expect(() => readJson(`{"a":[${'true,'.repeat(mostValues)}`)).toThrow('expected at most 3000000 values at line 1 column ')
  })
})
