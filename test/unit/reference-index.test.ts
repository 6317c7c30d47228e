import { expect, test } from 'vitest'
import { recordsNamed } from '../../src/ims/reference.ts'
import { indexReferences } from '../../src/ims/reference-index.ts'

const idOf = (number: number) => `${Math.imul(number, 2_654_435_761).toString(16).slice(-8).padStart(8, '0')}-0000-4000-8000-000000000001`

test('what an index narrows down to holds whatever a word names', () => {
  const ids = [...Array.from({ length: 50 }, (_, at) => idOf(at)), 'ABCD0000-0000-4000-8000-000000000001', 'abcd', 'x', '']
  const records = ids.map((id, at) => ({ id, name: at % 3 === 0 ? ids[(at + 1) % ids.length]! : `name ${at % 20}` }))
  const mayBe = indexReferences(records)
  const words = [...ids, ...ids.map((id) => id.slice(0, 6).toUpperCase()), ...records.map(({ name }) => name), 'abc', 'none']
  for (const word of words) expect(new Set(recordsNamed(mayBe(word), word)), word).toEqual(new Set(recordsNamed(records, word)))
})

test('a thousand words of ten thousand records go through the records once', () => {
  let read = 0
  const records = Array.from({ length: 10_000 }, (_, at) => ({
    get id() {
      read++
      return idOf(at)
    },
    name: `image-${at}`,
  }))
  const mayBe = indexReferences(records)
  for (let at = 0; at < 1000; at++) {
    for (const word of [`image-${at}`, idOf(at).slice(0, 8)]) {
      expect(recordsNamed(mayBe(word), word)).toContain(records[at])
    }
  }
  expect(read).toBeLessThan(5 * records.length)
})
