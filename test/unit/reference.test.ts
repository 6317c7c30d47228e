import { describe, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { candidateLines, pickRecord, recordsNamed } from '../../src/ims/reference.ts'

const record = (id: string, name: string, created: string | null = '2026-01-01T00:00:00', arch: string | null = 'x86_64') => ({
  id,
  name,
  created,
  arch,
})
const [first, second, third, named] = [
  record('216038ef-0000-4000-8000-000000000001', 'compute', '2026-01-03T10:20:30.5'),
  record('216038ef-0000-4000-8000-000000000002', 'compute', '2026-01-02T00:00:00+00:00', 'aarch64'),
  record('ad5163d2-0000-4000-8000-000000000003', 'uan'),
  record('cafe0000-0000-4000-8000-000000000004', 'ad5163d2-0000-4000-8000-000000000003'),
]
const all = [first, second, third, named]

test.each([
  ['a whole id', third.id, [third]],
  ['a whole id before a name', first.id, [first]],
  ['an id before a name that is the same', 'ad5163d2-0000-4000-8000-000000000003', [third]],
  ['a beginning of 4', 'cafe', [named]],
  ['a beginning in capitals', 'CAFE', [named]],
  ['a beginning of 3', 'caf', []],
  ['a beginning that several have', '216038ef', [first, second]],
  ['a name', 'uan', [third]],
  ['a name in other letters', 'UAN', []],
  ['a name that several have', 'compute', [first, second]],
  ['a part of a name', 'comp', []],
  ['nothing', '', []],
])('%s', (_, word, expected) => expect(recordsNamed(all, word)).toEqual(expected))

describe('pickRecord', () => {
  const pick = (word: string, latest = false) => pickRecord(all, word, { kind: 'image', latest, list: ['images', 'list'] })
  const failureOf = (word: string): unknown[] => {
    try {
      return [pick(word)]
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      return [error.message, ...error.more, error.next]
    }
  }

  test('the only one, or the newest', () => {
    expect(pick('uan')).toBe(third)
    expect(pick('compute', true)).toBe(first)
    expect(pick('216038ef', true)).toBe(first)
  })

  test('several: the candidates, each by as much of its id as tells it from the others', () => {
    expect(failureOf('compute')).toEqual([
      '"compute" names 2 images',
      '  216038ef-0000-4000-8000-000000000001  2026-01-03 10:20  x86_64   compute',
      '  216038ef-0000-4000-8000-000000000002  2026-01-02 00:00  aarch64  compute',
      'name one by the beginning of its id, or add --latest for the newest',
    ])
  })

  test('none: what is similar, and the list', () => {
    expect(failureOf('uam')).toEqual([
      'no image matches "uam"',
      'Similar:',
      '  ad5163d2  2026-01-01 00:00  x86_64  uan',
      ['images', 'list'],
    ])
    expect(failureOf('other')).toEqual(['no image matches "other"', ['images', 'list']])
    expect(failureOf('x\ny')[0]).toBe('no image matches "x\\ny"')
  })
})

test('a line of candidates is short: 80 columns hold a name of 30', () => {
  const many = Array.from({ length: 25 }, (_, at) => record(`${String(at).padStart(8, '0')}-0000-4000-8000-000000000000`, 'n'.repeat(30)))
  const lines = candidateLines(many)
  expect(lines).toHaveLength(21)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80)
  expect(lines.at(-1)).toBe('  and 5 more')
  expect(candidateLines([record('a', 'n', null, null)])).toEqual([`  a${' '.repeat(22)}n`])
})
