import { describe, expect, test } from 'vitest'
import { breaksYaml, nameTrouble } from '../../src/ims/pasted-text.ts'

const yaml = 'reads this one as something else'

describe('nameTrouble', () => {
  test.each([
    'compute-25.11.2_x86.64',
    '..',
    '1.2.3',
    'v1.5',
    '1.5-x',
    'a',
    '$x',
    'a\\b',
    "it's",
    'a b',
    'a `b`',
    'a=b',
    'a<<b',
    'a:b',
    'a#b',
    '-a',
    ':a',
    'y',
    'n',
    'oN',
    '08',
    '1e3',
    '0o7',
    '---',
    '2026-01-31',
    '2026-1-31',
    '2026-01-31T10:20:30',
    'x'.repeat(250),
  ])('none: %s', (name) => expect(nameTrouble(name)).toBeUndefined())

  test.each([
    ...[
      '',
      '~',
      'null',
      'yes',
      'Off',
      '=',
      '<<',
      '123',
      '1_000',
      '+1',
      '010',
      '0b1',
      '0x_',
      '1:30',
      '12:30',
      '1:30.5',
      '1.',
      '1.5',
      '.5',
      '-1.0',
      '.inf',
      '.NaN',
      '1.e+3',
    ].map((name) => [name, yaml]),
    ...[' a', 'a ', 'a: b', 'a:', 'a #b', "'a'", '%a', '@a', '`a`', '- a', '-', '[a', '{a', '#a', '&a', '*a', '!a', '|', '>', ',a'].map(
      (name) => [name, yaml],
    ),
    ...['2026-02-30', '2026-01-31 10:20:30', '2026-01-31T10:20:30Z', '2026-01-31T10:20:30.5', '2026-01-31T25:00:00', '0000-01-01'].map(
      (name) => [name, yaml],
    ),
    ...['a"b', 'a\tb', 'a\nb', 'a\x07', 'a\x7f'].map((name) => [name, 'a quote, a tab or a control character']),
    ['é', 'never end'],
    ['a/b', 'after the whole build'],
    ['x'.repeat(251), 'it has 251 characters'],
  ])('%j', (name, why) => expect(nameTrouble(name)).toContain(why))
})

describe('breaksYaml', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFq3'
  test.each<[string, boolean]>([
    [key, false],
    [`${key} jane@laptop`, false],
    [`${key} jane@laptop:22`, false],
    [`${key} "jane", it's é #1: mine:\n`, false],
    [`${key} jane: laptop`, true],
    [`${key} jane:\n`, true],
    [`${key} jane: #1`, true],
    [`${key} jane\tlaptop`, true],
    [`${key}\tjane`, true],
    [`${key} jane\x07`, true],
    [`${key} # \x1b[1m`, true],
  ])('%j: %s', (line, breaks) => expect(breaksYaml(line)).toBe(breaks))
})
