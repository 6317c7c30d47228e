import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createLineSplitter, longestPiece, type Piece } from '../../src/text/line-splitter.ts'
import { createLineText } from '../../src/kubernetes/line-text.ts'
import { createBookmark, logLines, type StampedLine } from '../../src/kubernetes/log-lines.ts'
import type { LogLine } from '../../src/kubernetes/logs.ts'

function split(bits: readonly string[]): Piece[] {
  const { add, rest } = createLineSplitter()
  return [...bits.flatMap((bit) => add(bit)), ...rest()]
}
const bitsOf = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size))
const join = (pieces: readonly Piece[]) => pieces.map(({ text, movesOn }) => (movesOn ? text : `${text}\n`)).join('')

describe('lines', () => {
  test.each([
    ['', []],
    ['a', ['a']],
    ['a\nb\n', ['a', 'b']],
    ['\n\na\n\n', ['', '', 'a', '']],
    ['a\r\nb', ['a\r', 'b']],
  ])('of %j', (text, lines) => {
    for (const size of [1, 2, 3, 100]) expect(split(bitsOf(text, size))).toEqual(lines.map((line) => ({ text: line })))
  })

  test.each([
    ['one more than a piece', 'a'.repeat(longestPiece + 1)],
    ['several pieces, and a line after it', `${'ab'.repeat(longestPiece)}c\nd\n`],
    ['a character that a piece would cut', `${'a'.repeat(longestPiece - 1)}😀${'b'.repeat(longestPiece)}\n`],
  ])('that are long come in pieces, the same wherever the text is cut: %s', (_, text) => {
    const whole = split([text])
    expect(whole.length).toBeGreaterThan(1)
    expect(join(whole)).toBe(text.endsWith('\n') ? text : `${text}\n`)
    for (const { text: piece } of whole) {
      expect(piece.length).toBeLessThanOrEqual(longestPiece)
      expect(Buffer.from(piece).toString()).toBe(piece)
    }
    for (const size of [65_536, 999_983, longestPiece]) expect(split(bitsOf(text, size))).toEqual(whole)
  })

  test('of exactly one piece are lines', () => {
    const line = 'a'.repeat(longestPiece)
    expect(split([`${line}\n${line}`])).toEqual([{ text: line }, { text: line }])
  })

  test('may be longer than the longest text', () => {
    const { add, rest } = createLineSplitter()
    const bit = 'x'.repeat(2 ** 20)
    let pieces = 0
    for (let count = 0; count < 600; count++) pieces += add(bit).length
    expect([pieces, ...rest().map(({ text, continues }) => [text.length, continues])]).toEqual([599, [2 ** 20, true]])
  })
})

const time = '2026-01-02T03:04:05.000000001Z'
const long = 'x'.repeat(longestPiece * 2.5)

async function read(...bits: string[]): Promise<StampedLine[]> {
  const stdout = new PassThrough()
  for (const bit of bits) stdout.write(bit)
  stdout.end()
  const lines: StampedLine[] = []
  for await (const line of logLines({ read: async () => '', follow: () => ({ stdout, ended: Promise.resolve(), close() {} }) }, [], {}))
    lines.push(line)
  return lines
}

test('a long line of a container is written as it was, with one stamp', async () => {
  const lines = await read(`${time} ${long}\n${time} end\n`)
  expect(lines.map((line) => line.time)).toEqual(Array(lines.length).fill(time))
  expect(lines.length).toBeGreaterThan(3)
  const textOf = createLineText(({ container, time: at }) => `${container} ${at} | `)
  expect(lines.map((line) => textOf({ container: 'c', ...line })).join('')).toBe(`c ${time} | ${long}\nc ${time} | end\n`)
})

test('its pieces are known when it is read again after a break', async () => {
  const bookmark = createBookmark()
  const lines = await read(`${time} ${long}\n`)
  const before = bookmark.again()
  expect(lines.slice(0, 2).map(before)).toEqual([true, true])
  expect(lines.map(bookmark.again())).toEqual([false, false, true])
})

test('a line of another container between two pieces stands alone', () => {
  const textOf = createLineText(({ container }) => `${container} | `)
  const lines: LogLine[] = [
    { container: 'a', line: '1', time, movesOn: true },
    { container: 'b', line: '2', time },
    { container: 'a', line: '3', time, continues: true, movesOn: true },
    { container: 'a', line: '4', time, continues: true },
    { container: 'a', line: '5', time, movesOn: true },
    { container: 'a', line: '6', time },
  ]
  expect(lines.map(textOf).join('')).toBe('a | 1\nb | 2\na | 34\na | 5\na | 6\n')
})
