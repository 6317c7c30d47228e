import { describe, expect, test } from 'vitest'
import { repeats, strangeFlag, unreadable, usageTrouble, wordsOf } from '../support/hint-check.ts'
import { notedHints, type Hint } from '../support/hint-notes.ts'

// This file runs when all others have ended: see vitest.config.mts. Of a run of some files, it sees what those have said.
const { hints, whole } = notedHints()
// What the other `cray` alone has isn't ours.
const isOurs = ({ line }: Hint) => /^cray(-ims)? /.test(line) && !/^cray (bos|bss) /.test(line)
const tell = ({ mark, line, typed, text }: Hint, why: string) =>
  `${mark}: ${line}\n  ${why}\n  typed: ${String(typed)}\n${text.slice(-400)}`

test.runIf(whole)('programs of this run have said what to type next', () => {
  expect(hints.filter(isOurs).length).toBeGreaterThan(100)
  expect(hints.filter((hint) => !isOurs(hint)).length).toBeGreaterThan(20)
})

describe('what a program says to type next', () => {
  test('is a line that a shell and the program take, and none that has just failed', () => {
    const ours = hints.filter(isOurs)
    const words = wordsOf(ours.map(({ line }) => line))
    const troubles = ours.flatMap((hint, at) => {
      const said = words[at]!
      if (typeof said === 'string') return tell(hint, said)
      const why = usageTrouble(said) ?? (repeats(hint, said) ? 'it has just failed' : undefined)
      return why === undefined ? [] : tell(hint, why)
    })
    expect(troubles).toEqual([])
  })

  test('is a line of another program that a shell takes, or names options that the command has', () => {
    const others = hints.filter((hint) => !isOurs(hint))
    const broken = new Set(unreadable(others.map(({ line }) => line)))
    const troubles = others.flatMap((hint) => {
      const flag = strangeFlag(hint)
      if (flag !== undefined) return tell(hint, `no such option: ${flag}`)
      return broken.has(hint.line) ? tell(hint, 'bash reads no command in it') : []
    })
    expect(troubles).toEqual([])
  })
})
