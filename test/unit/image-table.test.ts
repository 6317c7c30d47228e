import { describe, expect, test } from 'vitest'
import { scriptOutput } from '../../src/builds/script-output.ts'
import { createTable } from '../../src/builds/batch/progress-table.ts'
import type { Io } from '../../src/terminal/io.ts'
import type { Progress } from '../../src/terminal/progress.ts'

/** A table, in a terminal of a size or in a pipe. */
function tableOf(names: readonly string[], size?: { columns: number; rows: number }) {
  const screen = { text: '', lines: [] as string[], stopped: 0 }
  const progress: Progress = {
    update: (text) => void (screen.text = [text].flat().join('\n')),
    log: (text) => void screen.lines.push(text),
    stop: () => void screen.stopped++,
    ...(size && { isInteractive: true as const }),
  }
  let now = 0
  const io = { monotonic: () => now, stderr: { columns: size?.columns ?? 80, stream: { rows: size?.rows } } } as unknown as Io
  return { table: createTable(io, progress, names), screen, pass: (seconds: number) => void (now += seconds * 1000) }
}

const wide = { columns: 80, rows: 24 }

describe('in a terminal', () => {
  test('a line an image, below how many are over', () => {
    const { table, screen, pass } = tableOf(['base', 'compute', 'other'], wide)
    table.of('base').update('build 3s')
    expect(screen.text).toBe('0 of 3, 0s\n  base     build 3s\n  compute\n  other')
    pass(62)
    table.ended('base', '✔', 'ID  linked')
    table.ended('compute', '·', 'skipped')
    expect(screen.text).toBe('2 of 3, 1m02s\n✔ base     ID  linked\n· compute  skipped\n  other')
    // What comes late of one that is over doesn't take its line.
    table.of('other').update('build 1s')
    expect(screen.text.split('\n')[3]).toBe('  other    build 1s')
    expect(screen.lines).toEqual([])
  })

  test('lines stay above, with the name of their image', () => {
    const { table, screen } = tableOf(['base'], wide)
    table.of('base').log('job 1')
    expect(screen.lines).toEqual(['base: job 1'])
  })

  test('its end stays, whole also where that is longer than the screen', () => {
    const names = Array.from({ length: 30 }, (_, at) => `image-${at}`)
    const { table, screen } = tableOf(names, wide)
    names.forEach((name, at) => table.ended(name, at === 3 ? '✖' : '✔', 'over'))
    table.close()
    expect(screen.stopped).toBe(1)
    expect(screen.lines).toEqual(['30 of 30, 0s', ...names.map((name, at) => `${at === 3 ? '✖' : '✔'} ${name.padEnd(8)}  over`)])
  })

  test('of more than the screen has lines for those under way are shown', () => {
    const names = Array.from({ length: 30 }, (_, at) => `image-${at}`)
    const { table, screen } = tableOf(names, { columns: 80, rows: 10 })
    table.ended('image-0', '✔', 'over')
    for (const name of ['image-5', 'image-2']) table.of(name).update('build 1s')
    expect(screen.text.split('\n')).toEqual(['1 of 30, 0s', '  image-2   build 1s', '  image-5   build 1s', '  … and 28 more'])
    for (const name of names.slice(1)) table.of(name).update('build 1s')
    // One of the last lines is the cursor's.
    expect(screen.text.split('\n')).toHaveLength(8)
    expect(screen.text.split('\n').slice(-2)).toEqual(['  image-6   build 1s', '  … and 24 more'])
  })

  test.each([20, 40, 80])('with names that are longer than %i columns both are seen, and no line is', (columns) => {
    const long = (end: string) => `cray-shasta-compute-sles15sp6-with-everything-that-anyone-ever-wanted.x86_64-25.11.${end}`
    const { table, screen } = tableOf([long('1'), long('2'), 'short'], { columns, rows: 24 })
    table.of(long('1')).update('build 3s packaging_artifacts 14m')
    table.of('short').update('build 3s')
    const [, first, second, third] = screen.text.split('\n') as [string, string, string, string]
    for (const line of [first, second, third]) expect(line.length).toBeLessThan(columns)
    expect(first).toMatch(/^  cray.*…\S*1  bui/)
    expect(second).toMatch(/^  cray.*…\S*2$/)
    expect(third).toMatch(/^  short +buil/)
  })

  test('a terminal that is hardly one', () => {
    const { table, screen } = tableOf(['abc', 'abd'], { columns: 3, rows: 1 })
    table.of('abd').update('build')
    for (const line of screen.text.split('\n').slice(1, -1)) expect(line.length).toBeLessThan(3)
  })
})

describe('in a pipe', () => {
  test('a line a change, whatever comes from others between', () => {
    const { table, screen } = tableOf(['a', 'b'])
    const [a, b] = [table.of('a'), table.of('b')]
    for (const text of ['away', 'away', 'back', 'away']) {
      a.update(text)
      b.update('away')
    }
    a.log('job 1')
    table.ended('a', '✔', 'ID')
    table.close()
    expect(screen.lines).toEqual(['a: away', 'b: away', 'a: back', 'a: away', 'a: job 1', '✔ a: ID'])
    expect(screen.text).toBe('')
  })
})

describe('what scripts print', () => {
  test.each<[string, (string | Buffer)[], string[]]>([
    ['whole lines', ['one\ntwo\n'], ['one', 'two']],
    ['lines in pieces', ['o', 'ne\nt', 'wo\n'], ['one', 'two']],
    ['no end of a line', ['one\ntwo'], ['one', 'two']],
    ['a character in pieces', [Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])], ['é']],
    ['colours and cursors', ['\x1b[31mred\x1b[0m\x1b[2J\n'], ['red']],
    ['a line that is written over itself', ['10 %\r50 %\r100 %\r\nover\n'], ['100 %', 'over']],
    ['empty lines', ['\n\nx\n'], ['', '', 'x']],
  ])('%s', async (_, chunks, expected) => {
    const shown: string[] = []
    const output = scriptOutput((text) => void shown.push(text))
    for (const chunk of chunks) await output.write(chunk)
    output.rest()
    output.rest()
    expect(shown).toEqual(expected)
  })
})
