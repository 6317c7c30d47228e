import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import { parse } from 'yaml'
import { readJson } from '../../src/json/read.ts'
import type { Value } from '../../src/json/value.ts'
import { wholeText } from '../../src/render/pieces.ts'
import { renderYaml as writeYaml } from '../../src/render/yaml.ts'
import { plainData, randomValues } from '../support/random-values.ts'
import { sampledCount } from '../support/sampled.ts'

const renderYaml = (value: Value): string => wholeText((write) => writeYaml(value, write))

describe('lists and tables', () => {
  test.each([
    ['[]', '[]\n'],
    ['{}', '{}\n'],
    ['{"a":null,"b":[],"c":{},"d":"","e":[null,1]}', "a:\nb: []\nc: {}\nd: ''\ne:\n- \n- 1\n"],
    ['[[1],[],[[null]],{"a":[1],"b":{"c":[{"d":1,"e":2}]}}]', '- - 1\n- []\n- - - \n- a:\n  - 1\n  b:\n    c:\n    - d: 1\n      e: 2\n'],
    [
      '{"t":true,"f":1.0,"g":1e-7,"h":NaN,"i":-Infinity,"j":1e400,"k":12345678901234567890123}',
      't: true\nf: 1.0\ng: 1e-07\nh: .nan\ni: -.inf\nj: .inf\nk: 12345678901234567890123\n',
    ],
    ['{"z":1,"10":2,"true":3,"":4,"a: b":5,"t\\tb":6,"it\'s":7}', "z: 1\n'10': 2\n'true': 3\n'': 4\n'a: b': 5\n\"t\\tb\": 6\nit's: 7\n"],
    [
      '{"n\\nl":1,"m\\n":null,"l\\n":[1,2],"t\\n":{"a":1,"b":[]}}',
      '? "n\\nl"\n: 1\n? "m\\n"\n:\n? "l\\n"\n: - 1\n  - 2\n? "t\\n"\n: a: 1\n  b: []\n',
    ],
  ])('%s', (source, text) => {
    expect(renderYaml(readJson(source))).toBe(text)
  })

  it('writes a key of more than 122 characters on a line of its own, and folds it', () => {
    const words = 'wwwwwwwww '.repeat(13).trimEnd()
    const value = new Map([
      ['k'.repeat(122), 'a'],
      ['😀'.repeat(122), 'b'],
      ['k'.repeat(123), 'c'],
      [words, 'd'],
    ])
    expect(renderYaml(value)).toBe(
      `${'k'.repeat(122)}: a\n${'😀'.repeat(122)}: b\n? ${'k'.repeat(123)}\n: c\n? ${words.slice(0, 79)}\n  ${words.slice(80)}\n: d\n`,
    )
  })
})

describe('a text is plain', () => {
  test.each([
    'text',
    'x86_64',
    'yes',
    'No',
    'on',
    'y',
    '1:30',
    '-1+1',
    ':x',
    '?a',
    '-a',
    'a:b',
    'a#b',
    'say "hi"',
    "it's",
    'back\\slash',
    'a,b',
    'a [b]',
    '_1',
    '+',
    '0b',
    '0b2',
    '1e',
    '1.2.3',
    '0xg',
    'NaN',
    'inf',
    '.',
    '..',
    '.e1',
    '--',
    '.nan1',
    'nULL',
    '2026-01',
    '2026-1-2',
    '2026-01-02x',
    '12345678-1234-1234',
    '7f26144b-9828-4fcd-99a5-4a7bb1fee08f',
    '/a/b',
    's3://boot-images/x',
    'é 日本語 😀',
    'a\u00a0b',
    '\u200b',
    '\ue000',
    '\u{10ffff}',
    'a  b',
  ])('%j', (text) => {
    expect(renderYaml([text])).toBe(`- ${text}\n`)
  })
})

describe('a text is in single quotes', () => {
  test.each([
    '',
    ' ',
    ' a',
    'a ',
    'a: b',
    'a:',
    ':',
    'a #b',
    '# c',
    '-',
    '- x',
    '?',
    '? x',
    ': x',
    '---',
    '--- x',
    '...',
    '...x',
    '[a]',
    '{a}',
    ']',
    '}',
    ',',
    '&a',
    '*a',
    '!t',
    '|',
    '>',
    '"a"',
    '%x',
    '@x',
    '`x',
    'true',
    'True',
    'TRUE',
    'false',
    'null',
    'Null',
    '~',
    '=',
    '<<',
    '0',
    '-1',
    '+1',
    '1_000',
    '010',
    '0o17',
    '0x1F',
    '0b1_0',
    '-_',
    '1.0',
    '1.',
    '.5',
    '-.5',
    '._',
    '1e3',
    '1E-3',
    '1_0e5',
    '+.inf',
    '.INF',
    '.NaN',
    '1.5e+3',
    '1234567e-5',
    '2026-01-02',
    '2026-01-02T03:04:05',
    '2026-01-02T03:04:05.678901',
    '2026-1-2 3:04:05 Z',
    '2026-01-02t03:04:05.1+00:00',
    '2026-01-02\u00a0: x',
  ])('%j', (text) => {
    expect(renderYaml([text])).toBe(`- '${text}'\n`)
  })
})

describe('a text is in double quotes', () => {
  test.each([
    ['a\nb\n', 'a\\nb\\n'],
    ['it\'s: "x"', 'it\'s: \\"x\\"'],
    ["'", "'"],
    ['a\tb', 'a\\tb'],
    ['\0\u0001\u0007\b\v\f\r\u001b\u007f\u0080\u009f', '\\0\\x01\\a\\b\\v\\f\\r\\e\\x7F\\x80\\x9F'],
    ['\n\u0085\u2028\u2029\u00a0\ufeffé日\\', '\\n\\N\\L\\P\u00a0\\uFEFFé日\\\\'],
    ['\n😀\ud83d\ufffe', '\\n\\U0001F600\\uD83D\\uFFFE'],
    ['a \u0085b', 'a \\Nb'],
    ['a\u2028 b', 'a\\L b'],
  ])('%j', (text, quoted) => {
    expect(renderYaml([text])).toBe(`- "${quoted}"\n`)
  })
})

describe('folding', () => {
  const words = (count: number): string => Array.from({ length: count }, (_, index) => `word${String(index).padStart(2, '0')}`).join(' ')

  test.each([
    ['plain, past column 80', words(14), `v: ${words(12)}\n  word12 word13\n`],
    ['not at 80 itself', `${'w'.repeat(77)} w w`, `v: ${'w'.repeat(77)} w\n  w\n`],
    ['the first space past it', `${'w'.repeat(78)} w`, `v: ${'w'.repeat(78)}\n  w\n`],
    ['no space, no fold', 'x'.repeat(200), `v: ${'x'.repeat(200)}\n`],
    ['not at two spaces', `${'w'.repeat(90)}  w w`, `v: ${'w'.repeat(90)}  w\n  w\n`],
    ['single quotes, not at the last space', `: ${'w'.repeat(90)} w `, `v: ': ${'w'.repeat(90)}\n  w '\n`],
    ['columns are characters', `${'😀 '.repeat(39)}x y`, `v: ${'😀 '.repeat(39)}x\n  y\n`],
    ['double quotes', `\t${words(14)}`, `v: "\\t${words(11)}\\\n  \\ word11 word12 word13"\n`],
    ['double quotes, after an escape', `${'w'.repeat(80)}\tx`, `v: "${'w'.repeat(80)}\\t\\\n  x"\n`],
    ['double quotes, after an escape and before a space', `${'w'.repeat(80)}\t x`, `v: "${'w'.repeat(80)}\\t\\\n  \\ x"\n`],
    [
      'other line breaks stay, then the indent',
      `a\u0085b\u2028\u2029${words(14)}`,
      `v: 'a\u0085  b\u2028\u2029  ${words(12)}\n  word12 word13'\n`,
    ],
  ])('%s', (_, text, yaml) => {
    expect(renderYaml(new Map([['v', text]]))).toBe(yaml)
  })

  it('counts the column from where the text starts, and indents below it', () => {
    expect(renderYaml(new Map([['a', [new Map([['bb', words(14)]]), words(14)]]]))).toBe(
      `a:\n- bb: ${words(11)}\n    word11 word12 word13\n- ${words(12)}\n  word12 word13\n`,
    )
  })
})

it('is read back by the yaml package as YAML 1.1, random values', () => {
  for (const value of randomValues(4, sampledCount(10_000, 5))) {
    const text = renderYaml(value)
    const read = parse(text, { version: '1.1' })
    if (!isDeepStrictEqual(read, plainData(value))) expect(read, text).toEqual(plainData(value))
  }
})
