import { isDeepStrictEqual } from 'node:util'
import { parse } from '@iarna/toml'
import { describe, expect, it, test } from 'vitest'
import { readJson } from '../../src/json/read.ts'
import type { Value, ValueMap } from '../../src/json/value.ts'
import { wholeText } from '../../src/render/pieces.ts'
import { renderToml as writeToml } from '../../src/render/toml.ts'
import { plainData, randomValues } from '../support/random-values.ts'

const renderToml = (value: Value): string => wholeText((write) => writeToml(value, write))

describe('scalars, keys and lists', () => {
  test.each([
    ['{}', ''],
    ['[]', 'results = []\n'],
    ['[1,"a"]', 'results = [ 1, "a",]\n'],
    ['{"a":null,"b":true}', 'b = true\n'],
    ['{"a":[null,1],"b":[null]}', 'a = [ "None", 1,]\nb = [ "None",]\n'],
    ['{"a":[[1,2],["a"],[]]}', 'a = [ [ 1, 2,], [ "a",], [],]\n'],
    ['{"a":[[{"k":"v","l":1}],[{}]]}', 'a = [ [ [ "k", "l",],], [ [],],]\n'],
    [
      '{"a":[{"k":"v","n":null,"d e":{"f":[1]},"x":[{"y":[]}]},null,[{"z":1}]]}',
      'a = [ {k = "v", "d e" = {f = [ 1,]}, x = [ {y = []},]}, "None", [ {z = 1},],]\n',
    ],
    [
      '{"a":1e-7,"b":1e16,"c":NaN,"d":-Infinity,"e":1e-10,"f":2.0,"g":12345678901234567890123}',
      'a = 1e-7\nb = 1e+16\nc = nan\nd = -inf\ne = 1e-10\nf = 2.0\ng = 12345678901234567890123\n',
    ],
    [
      '{"plain_-9":1,"with space":2,"a.b":3,"123":4,"":5,"q\\"\\\\\\n":6,"ünï":7}',
      'plain_-9 = 1\n"with space" = 2\n"a.b" = 3\n123 = 4\n"" = 5\n"q\\"\\\\\\n" = 6\n"ünï" = 7\n',
    ],
  ])('%s', (source, text) => {
    expect(renderToml(readJson(source))).toBe(text)
  })
})

describe('texts', () => {
  test.each([
    ['say "hi" it\'s', '"say \\"hi\\" it\'s"'],
    ['C:\\new\\x41\\', '"C:\\\\new\\\\x41\\\\"'],
    ['a\nb\tc\rd', '"a\\nb\\tc\\rd"'],
    ['\0\b\f\u001b\u007f\u0085\u00a0\u00ad', '"\\u0000\\u0008\\u000c\\u001b\\u007f\\u0085\\u00a0\\u00ad"'],
    ['naïve 日本語 😀 e\u0301 \ufffd', '"naïve 日本語 😀 e\u0301 \ufffd"'],
    ['\u200b\u2028\u202e\u3000\ue000\ufeff\u0378', '"\\u200b\\u2028\\u202e\\u3000\\ue000\\ufeff\\u0378"'],
    ['\u{e0080}\u{10ffff}', '"\\U000e0080\\U0010ffff"'],
    ['\ud83d x \ude00', '"\ufffd x \ufffd"'],
  ])('%j', (source, text) => {
    expect(renderToml(new Map([['v', source]]))).toBe(`v = ${text}\n`)
  })
})

describe('tables and their empty lines', () => {
  test.each([
    ['{"a":{"cluster.local":{"port":22},"x":1}}', '[a]\nx = 1\n\n[a."cluster.local"]\nport = 22\n'],
    [
      '{"z":1,"t":{"a":1,"s":{"b":2,"u":{"c":3}},"d":4},"e":5,"w":{"f":6}}',
      'z = 1\ne = 5\n\n[t]\na = 1\nd = 4\n\n[w]\nf = 6\n\n[t.s]\nb = 2\n\n[t.s.u]\nc = 3\n',
    ],
    ['{"a":{"b":{"c":1}}}', '[a.b]\nc = 1\n'],
    ['{"a":{},"b":{"c":{}},"d":{"n":null}}', '[a]\n\n[d]\n\n[b.c]\n'],
    ['{"l":[{}],"m":[{},{"a":1}],"d":{}}', '[[l]]\n\n[[m]]\n\n[[m]]\na = 1\n\n[d]\n'],
    ['[{},{}]', '[[results]]\n\n[[results]]\n\n'],
    [
      '[{"id":"x","link":{"type":"s3"}},{"id":"y","link":null}]',
      '[[results]]\nid = "x"\n\n[results.link]\ntype = "s3"\n[[results]]\nid = "y"\n\n',
    ],
    [
      '{"a":[{"x":1,"t":{"y":2},"l":[{"q":1},{"q":2}]},{"x":3}],"tail":"v","d":{"k":1}}',
      'tail = "v"\n[[a]]\nx = 1\n[[a.l]]\nq = 1\n\n[[a.l]]\nq = 2\n\n\n[a.t]\ny = 2\n[[a]]\nx = 3\n\n[d]\nk = 1\n',
    ],
    ['{"a":[{"t":{"y":2}}],"d":{"k":1}}', '[[a]]\n\n[a.t]\ny = 2\n\n[d]\nk = 1\n'],
    ['{"a":[{"l":[{"q":1}]}],"d":{"k":1}}', '[[a]]\n\n[[a.l]]\nq = 1\n\n[d]\nk = 1\n'],
    ['{"r":[{"t":{}},{"t":{"u":{}}}]}', '[[r]]\n\n[[r]]\n\n'],
    ['{"r":[{"t":{"u":{"v":1},"w":[{}]}}]}', '[[r]]\n\n[r.t]\n[[r.t.w]]\n\n[r.t.u]\nv = 1\n'],
    ['{"t":{"r":[{"a":1}],"s":1}}', '[t]\ns = 1\n[[t.r]]\na = 1\n\n'],
    ['{"with space":[{"k.l":{"m n":1}}]}', '[["with space"]]\n\n["with space"."k.l"]\n"m n" = 1\n'],
  ])('%s', (source, text) => {
    expect(renderToml(readJson(source))).toBe(text)
  })
})

/** What is left of a value in TOML: no null, and in an element of a list no sub-tables that are empty all through. */
function remains(value: Value, inElement = false): unknown {
  if (value === null) return 'None'
  if (Array.isArray(value)) return value.map((item) => remains(item, true))
  if (!(value instanceof Map)) return plainData(value)
  const members = [...value].filter(([, item]) => item !== null && !(inElement && item instanceof Map && isHollow(item)))
  return Object.fromEntries(members.map(([key, item]) => [key, remains(item, inElement)]))
}

function isHollow(table: ValueMap): boolean {
  return [...table.values()].every((item) => item === null || (item instanceof Map && isHollow(item)))
}

it('is read back by @iarna/toml, 10,000 random values', () => {
  for (const value of randomValues(3, 10_000)) {
    const table: ValueMap = value instanceof Map ? value : new Map([['results', value]])
    const text = renderToml(value)
    const read = JSON.parse(JSON.stringify(parse(text)))
    if (!isDeepStrictEqual(read, remains(table))) expect(read, text).toEqual(remains(table))
  }
})
