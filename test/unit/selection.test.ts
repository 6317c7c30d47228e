import { describe, expect, test } from 'vitest'
import { createSelection } from '../../src/commands/selection.ts'
import { parseDuration } from '../../src/time/duration.ts'
import { jobs } from '../../src/definitions/records.ts'
import { list } from '../../src/definitions/verbs.ts'
import { readJson } from '../../src/json/read.ts'
import type { Value, ValueMap } from '../../src/json/value.ts'
import { createPattern } from '../../src/text/pattern.ts'

const now = Date.parse('2026-01-31T00:00:00Z')
const records = readJson(
  JSON.stringify([
    {
      id: 'b',
      image_root_archive_name: 'test-b',
      status: 'error',
      created: '2026-01-30T23:00:00',
      build_env_size: 10,
      link: { path: 'z' },
    },
    { id: 'a', image_root_archive_name: 'test-a', status: 'success', created: '2025-10-01T00:00:00Z', build_env_size: 9, link: null },
    { id: 'c', image_root_archive_name: 'prod', status: 'error', created: null, build_env_size: null, link: { path: 'y' } },
    { id: 'd', image_root_archive_name: null, status: 'creating', created: '2026-01-01T00:00:00', job_type: 'create' },
    'no record',
  ]),
) as Value[]
const select = (options: Record<string, unknown>) =>
  (createSelection(list(jobs), options, now).apply(records) as Value[]).map((record) => (record as ValueMap).get?.('id') ?? '').join('')

describe('filters', () => {
  test.each([
    [{ name: 'test-*' }, 'ba'],
    [{ name: '*' }, 'bac'],
    [{ status: ['error'] }, 'bc'],
    [{ status: ['error', 'creating'] }, 'bcd'],
    [{ job_type: ['create'] }, 'd'],
    [{ older_than: parseDuration('30d')! - 1 }, 'ad'],
    [{ older_than: parseDuration('30d')! }, 'a'],
    [{ newer_than: 3600 }, 'b'],
    [{ newer_than: 3599 }, ''],
    [{ newer_than: parseDuration('30d')!, status: ['error'], name: 't*' }, 'b'],
  ])('%j selects %s', (options, ids) => {
    expect(select(options)).toBe(ids)
  })

  test('an answer that is no list stays as it is', () => {
    const selection = createSelection(list(jobs), { name: 'x' }, now)
    expect(selection.apply('text')).toBe('text')
    expect(selection.apply(undefined)).toBeUndefined()
  })
})

describe('orders', () => {
  test.each([
    ['id', 'abcd'],
    ['-id', 'dcba'],
    ['name', 'cabd'],
    ['-created', 'bdac'],
    ['age', 'bdac'],
    ['-age', 'adbc'],
    ['size', 'abcd'],
    ['build_env_size', 'abcd'],
    ['-size', 'bacd'],
    ['link.path', 'cbad'],
    ['status,-id', 'dcba'],
  ])('by %s: %s', (words, ids) => {
    expect(select({ sort_by: words.split(',') })).toBe(ids)
  })

  test('by a field that no record has: refused', () => {
    expect(() => select({ sort_by: ['-idd'] })).toThrow("Invalid value for '--sort-by': there is no column or field idd")
  })
})

test.each([
  ['test-*', 'test-', true],
  ['test-*', 'a test-', false],
  ['*', 'a/b\nc', true],
  ['a?c', 'a😀c', true],
  ['a?c', 'ac', false],
  ['[ab]*', 'bx', true],
  ['[!ab]*', 'bx', false],
  ['[a-c][0-9]', 'b7', true],
  ['[]]', ']', true],
  ['[', '[', true],
  ['[z-a]', '[z-a]', true],
  ['a.c', 'abc', false],
  ['(old) $x^|{2}+\\', '(old) $x^|{2}+\\', true],
  ['X', 'x', false],
  ['日*', '日本', true],
  ['', '', true],
  ['', 'x', false],
])('the pattern %j and the text %j: %s', (pattern, text, matches) => {
  expect(createPattern(pattern)(text)).toBe(matches)
})
