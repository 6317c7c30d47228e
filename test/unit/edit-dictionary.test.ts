import { expect, test } from 'vitest'
import { changedDictionary, readChanges } from '../../src/recipes/edit-dictionary.ts'

const entries = [
  { key: 'A', value: '1' },
  { key: 'B', value: '2' },
]

test.each([
  [['A=9'], { A: '9', B: '2' }],
  [['B=', 'C=x=y'], { A: '1', B: '', C: 'x=y' }],
  [['A-', 'D=-'], { B: '2', D: '-' }],
  [['E-F=1'], { A: '1', B: '2', 'E-F': '1' }],
  [['A-', 'B-'], {}],
])('%j', (words, wanted) => {
  expect(Object.fromEntries(changedDictionary(entries, readChanges(words)).map(({ key, value }) => [key, value]))).toEqual(wanted)
})

test('what changes nothing is the same dictionary', () => expect(changedDictionary(entries, readChanges(['A=1', 'B=2']))).toBe(entries))

test.each([
  [['A'], 'A; it is KEY=VALUE or KEY-'],
  [[''], 'the word is empty'],
  [['=1'], '=1; it is'],
  [['-'], '-; it is'],
  [['A=1', 'A-'], 'A is named twice'],
])('%j is refused', (words, message) => expect(() => readChanges(words)).toThrow(message))

test('a variable to remove that is not there', () =>
  expect(() => changedDictionary(entries, readChanges(['Z-']))).toThrow('the recipe has no variable Z'))
