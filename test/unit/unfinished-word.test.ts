import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { continueWord, readUnfinishedWord } from '../../src/text/unfinished-word.ts'

test.each([
  ['', '', ''],
  ['compute', 'compute', ''],
  ['a\\ b', 'a b', ''],
  ["'a b", 'a b', "'"],
  ["'a b'", 'a b', ''],
  ['"a \\"b', 'a "b', '"'],
  ['"a\\n', 'a\\n', '"'],
  [`'it'\\''s'`, "it's", ''],
  ['--name="a', '--name=a', '"'],
  ['a\\', 'a', ''],
  ['\\$(date', '$(date', ''],
])('%j is %j so far, in quotes %j', (typed, text, quotes) => expect(readUnfinishedWord(typed)).toEqual({ text, quotes }))

const texts = [
  'plain-1.2_3@x%+=:,/',
  'a b',
  "it's",
  'a"b',
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned',
  'a&b|c>d<e',
  '~root',
  '*',
  '{x,y}',
  '#x',
  'back\\slash',
  '日本語 é',
  '$HOME',
  '!x',
  'a\u{1f600}b',
]

describe('a shell reads back what continueWord writes', () => {
  test.each(['', "'", '"'] as const)('in quotes %j', (quotes) => {
    const words = texts.flatMap((text) => {
      const word = continueWord(text, quotes)
      return word === undefined ? [] : [{ text, word: `${quotes}${word}${quotes}` }]
    })
    expect(words.length).toBeGreaterThan(texts.length - 3)
    const { stdout } = spawnSync('bash', ['-c', `printf '%s\\n' ${words.map(({ word }) => word).join(' ')}`], { encoding: 'utf8' })
    expect(stdout.split('\n').slice(0, -1)).toEqual(words.map(({ text }) => text))
  })

  test.each(['a\nb', 'a\x1b[31m', '\x7f', 'a\tb'])('but of %j there is no word', (text) => expect(continueWord(text, '')).toBeUndefined())
})
