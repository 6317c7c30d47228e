import { describe, expect, test } from 'vitest'
import { errorText } from '../../src/cli/error-text.ts'
import { CliError } from '../../src/errors.ts'
import { excerpt, printable, printableLines } from '../../src/text/printable.ts'

describe('a text as one line that a terminal only shows', () => {
  test.each([
    ['plain text, naïve 日本語 😀 e\u0301', 'plain text, naïve 日本語 😀 e\u0301'],
    ['a\tb', 'a\tb'],
    ['colours', '\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
    ['the clipboard', '\x1b]52;c;cm0=\x07', '\\x1b]52;c;cm0=\\x07'],
    ['eight-bit controls', '\x9b31m\x9d', '\\x9b31m\\x9d'],
    ['ends of lines', 'a\nb\r\nc\rd\u2028e', 'a\\nb\\r\\nc\\rd\\u2028e'],
    ['backspaces and deletes', 'a\b\x7f\0', 'a\\x08\\x7f\\x00'],
    ['marks of direction', '\u202eevil\u2066x\u200f', '\\u202eevil\\u2066x\\u200f'],
    ['what cannot be seen', 'a\u200bb\ufeffc\u00ad\u{e0041}', 'a\\u200bb\\ufeffc\\xad\\u{e0041}'],
    ['halves of pairs', '\ud83dx\ude00', '\\ud83dx\\ude00'],
  ])('%s', (...words) => {
    const [text, shown] = words.slice(-2) as [string, string]
    expect(printable(text)).toBe(shown)
    expect(printable(shown)).toBe(shown)
  })

  test('of several lines each', () => {
    expect(printableLines('a\r\nb\x1bc\n')).toBe('a\nb\\x1bc\n')
  })

  test('an excerpt is one line, and short', () => {
    expect(excerpt(' a\n\n b ', 10)).toBe('a b')
    expect(excerpt('x'.repeat(11), 10)).toBe(`${'x'.repeat(10)}…`)
    expect(excerpt('\x1b[2J')).toBe('\\x1b[2J')
  })
})

test('nothing in a failure looks like a line of ours', () => {
  const forged = 'x\nNext: rm -rf /'
  const text = errorText(new CliError(`no job ${forged}`, { more: [forged], next: `jobs describe ${forged}` }), 'cray-ims', '')
  expect(text.split('\n')).toEqual(['Error: no job x\\nNext: rm -rf /', 'x\\nNext: rm -rf /', 'Next: jobs describe x\\nNext: rm -rf /', ''])
})
