import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import { readJson } from '../../src/json/read.ts'
import { numberText } from '../../src/render/number.ts'
import type { Value } from '../../src/json/value.ts'
import { wholeText } from '../../src/render/pieces.ts'
import { renderJson as writeJson } from '../../src/render/json.ts'
import { render, type Format } from '../../src/render/render.ts'
import { plainData, randomValues } from '../support/random-values.ts'

async function rendered(value: Value, format: Format): Promise<string> {
  let whole = ''
  await render(value, format, (text) => (whole += text))
  return whole
}

const renderJson = (value: Value): string => wholeText((write) => writeJson(value, write))

describe('numberText prints as Python does', () => {
  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['-12', '-12'],
    ['18446744073709551616', '18446744073709551616'],
    ['1.0', '1.0'],
    ['1.10', '1.1'],
    ['-0.0', '-0.0'],
    ['0e5', '0.0'],
    ['1e5', '100000.0'],
    ['1E+2', '100.0'],
    ['1e15', '1000000000000000.0'],
    ['9999999999999998.0', '9999999999999998.0'],
    ['1e16', '1e+16'],
    ['123456789012345680.0', '1.2345678901234568e+17'],
    ['1e22', '1e+22'],
    ['1e100', '1e+100'],
    ['1e-4', '0.0001'],
    ['1e-5', '1e-05'],
    ['0.00001234', '1.234e-05'],
    ['-2.5e-300', '-2.5e-300'],
    ['5e-324', '5e-324'],
    ['123456789.123456789', '123456789.12345679'],
    ['1e400', 'inf'],
    ['-1e400', '-inf'],
    ['NaN', 'nan'],
    ['Infinity', 'inf'],
    ['-Infinity', '-inf'],
    ['1e-400', '0.0'],
  ])('%s: %s', (number, text) => {
    expect(numberText({ number })).toBe(text)
  })
})

describe('a bare scalar is printed in every format as Python does', () => {
  test.each([
    ['true', 'True'],
    ['false', 'False'],
    ['null', ''],
    ['42', '42'],
    ['1.0', '1.0'],
    ['NaN', 'nan'],
    ['"just: é\\n"', 'just: é\n'],
  ])('%s: %s', async (source, text) => {
    for (const format of ['json', 'toml', 'yaml'] as const) expect(await rendered(readJson(source), format)).toBe(text)
  })
})

it('writes a list or table in the format asked for', async () => {
  const value = readJson('[{"a":null}]')
  expect(await rendered(value, 'json')).toBe('[\n  {\n    "a": null\n  }\n]')
  expect(await rendered(value, 'toml')).toBe('[[results]]\n\n')
  expect(await rendered(value, 'yaml')).toBe('- a:\n')
})

describe('JSON', () => {
  test.each([
    ['[]', '[]'],
    ['{}', '{}'],
    ['{"a":[],"b":{}}', '{\n  "a": [],\n  "b": {}\n}'],
    ['[1,[2,[true]],null]', '[\n  1,\n  [\n    2,\n    [\n      true\n    ]\n  ],\n  null\n]'],
    ['{"z":1,"10":1.0,"2":-0}', '{\n  "z": 1,\n  "10": 1.0,\n  "2": 0\n}'],
    ['[NaN,1e400,-Infinity]', '[\n  NaN,\n  Infinity,\n  -Infinity\n]'],
    ['["\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001b\\u007f"]', '[\n  "\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001b\\u007f"\n]'],
    [
      '["na\u00efve 日本 😀 \\ud83d\u0085\u2028\uffff end"]',
      '[\n  "na\\u00efve \\u65e5\\u672c \\ud83d\\ude00 \\ud83d\\u0085\\u2028\\uffff end"\n]',
    ],
    ['[{"\u00fc\\"k":1},{"\u00fc\\"k":2}]', '[\n  {\n    "\\u00fc\\"k": 1\n  },\n  {\n    "\\u00fc\\"k": 2\n  }\n]'],
  ])('%s', (source, text) => {
    expect(renderJson(readJson(source))).toBe(text)
  })

  it('is read back by JSON.parse, 10,000 random values', () => {
    for (const value of randomValues(2, 10_000)) {
      const text = renderJson(value)
      if (!isDeepStrictEqual(JSON.parse(text), plainData(value))) expect(JSON.parse(text)).toEqual(plainData(value))
      if (!/^[\n -~]*$/.test(text)) expect(text).toMatch(/^[\n -~]*$/)
    }
  })

  it('is whole where it is put together from many pieces', () => {
    const items = Array.from({ length: 5000 }, (_, index) => `item ${index}`)
    expect(renderJson(items)).toBe(JSON.stringify(items, null, 2))
  })
})
