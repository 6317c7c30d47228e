import { describe, expect, test } from 'vitest'
import { expandList } from '../../src/cli/host-list.ts'

test.each<[string, string[]]>([
  ['a[1-3]', ['a1', 'a2', 'a3']],
  ['x[0-1]c[2,4]', ['x0c2', 'x0c4', 'x1c2', 'x1c4']],
  ['a[3,1-2]b, c', ['a1b', 'a2b', 'a3b', 'c']],
  ['a[007]', ['a7']],
  ['n[a-b],[fe80::1],n[1-', ['n[a-b]', '[fe80::1]', 'n[1-']],
  ['a,,b', ['a', '', 'b']],
])('%s', (text, names) => expect(expandList(text)).toEqual(names))

describe('more names than memory should hold are refused at once', () => {
  test.each([
    ['a range', 'a[1-1000000000]'],
    ['a product of ranges', 'a[0-9999][0-9999]'],
    ['many products', 'a[0-99][0-99][0-99][0-99][0-99][0-99]'],
    ['ranges in one bracket', `a[${'0-9999,'.repeat(20)}1]`],
    ['a list of them', 'a[0-60000],b[0-60000]'],
    ['a list', 'x,'.repeat(100_001)],
    ['large numbers', `a[1-${'9'.repeat(99)}]`.repeat(200)],
  ])('%s', (_, text) => expect(() => expandList(text)).toThrow(/more than 100000 names/))

  test('a number without end', () => expect(() => expandList(`a[1-${'9'.repeat(1000)}]`)).toThrow(/is too long/))
})
