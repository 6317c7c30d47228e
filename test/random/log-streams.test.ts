import { PassThrough, Readable } from 'node:stream'
import { expect } from 'vitest'
import { scriptOutput } from '../../src/builds/script-output.ts'
import { failureLines } from '../../src/kubernetes/failure-lines.ts'
import { createLineText } from '../../src/kubernetes/line-text.ts'
import { logLines, type StampedLine } from '../../src/kubernetes/log-lines.ts'
import { longestPiece } from '../../src/text/line-splitter.ts'
import { printable, printableLines, singleLine } from '../../src/text/printable.ts'
import type { RandomInput } from '../support/random-input.ts'
import { testRandomly } from '../support/random-test.ts'

const stamps = ['2026-01-02T03:04:05.000000001Z ', '2026-01-02T03:04:05Z ', '2026-01-02T03:04:05+01:00', '2026-02-31T25:61:61Z ', '']
const bits = [
  ...[
    'INFO: x',
    '[ ERROR   ]: 12:34:56 | y',
    '\x1b[31mred\x1b[0m',
    '\x1b]0;title\x07',
    '\x1b[2J\x1b[H',
    '50 %\r100 %',
    '\r',
    '\t',
    '\0',
    '\b',
  ],
  ...[
    '\x9b31m',
    '\u202eback',
    '\u2028',
    '\u200b',
    'é',
    '日本語',
    '😀',
    '\ufeff',
    '\u0085',
    '[ ERROR',
    'Traceback (most recent call last):',
  ],
]

/** What a container writes: lines of all kinds, and bytes that are no text. */
function logOf({ below, pick, spoiledBytes }: RandomInput): Buffer {
  const line = () => `${pick(stamps)}${Array.from({ length: below(6) }, () => pick(bits)).join(pick([' ', '']))}`
  const text = Array.from({ length: below(12) }, line).join('\n') + pick(['', '\n', '\r\n'])
  const bytes = Buffer.from(text)
  if (below(3) === 0) return bytes
  const broken = Buffer.concat([
    bytes.subarray(0, below(bytes.length + 1)),
    Buffer.from([0xe2, 0x82, 0xff, 0xf0, 0x9f, 0x98].slice(below(6))),
    bytes,
  ])
  return below(2) === 0 ? broken : spoiledBytes(broken)
}

/** A log with a line that comes in several pieces. */
const longLog = (random: RandomInput): Buffer =>
  Buffer.concat([
    Buffer.from(random.pick(stamps)),
    Buffer.alloc(longestPiece + random.below(longestPiece), random.pick(['a', '日', '😀'])),
    logOf(random),
  ])

async function linesOf(pieces: readonly Buffer[]): Promise<StampedLine[]> {
  const stdout = Readable.from(pieces, { objectMode: true }).pipe(new PassThrough())
  const lines: StampedLine[] = []
  const kubectl = { read: async () => '', follow: () => ({ stdout, ended: Promise.resolve(), close() {} }) }
  for await (const line of logLines(kubectl, [], {})) lines.push(line)
  return lines
}

async function shownOf(pieces: readonly Buffer[]): Promise<string[]> {
  const shown: string[] = []
  const output = scriptOutput((line) => shown.push(line))
  for (const piece of pieces) await output.write(piece)
  output.rest()
  return shown
}

/** What a terminal acts on. */
const acting = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]|[\ud800-\udbff](?![\udc00-\udfff])/

async function checkLog(bytes: Buffer, pieces: readonly Buffer[]): Promise<void> {
  const whole = await linesOf([bytes])
  expect(await linesOf(pieces)).toEqual(whole)
  const text = bytes.toString()
  const raw = text.split('\n')
  if (raw.at(-1) === '') raw.pop()
  const textOf = createLineText(({ time = '' }) => time)
  const again = whole.map((line) => textOf({ container: 'c', ...line })).join('')
  // The space behind a time isn't among its line.
  const isWhole = (line: string, at: number) => line === raw[at] || line === raw[at]?.replace(/^(\S+) /, '$1')
  expect(again.split('\n').slice(0, -1).map(isWhole)).toEqual(raw.map(() => true))
  for (const { line } of whole) {
    expect(acting.test(printable(line))).toBe(false)
    expect(/[\x00-\x1f\x7f-\x9f]/.test(singleLine(line))).toBe(false)
  }
  expect(acting.test(printableLines(text).replaceAll('\n', ''))).toBe(false)
  expect(await shownOf(pieces)).toEqual(await shownOf([bytes]))
  failureLines(whole.map(({ line }) => line))
}

testRandomly('a log has the same lines wherever it is cut, and loses nothing', { all: 10_000, nth: 25 }, (random) => {
  const bytes = logOf(random)
  return checkLog(bytes, random.pieces(bytes))
})

testRandomly('so has one with a line that comes in pieces', { all: 40, nth: 20 }, (random) => {
  const bytes = longLog(random)
  const at = random.below(bytes.length)
  return checkLog(bytes, [bytes.subarray(0, at), bytes.subarray(at)])
})
