import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { distortions } from '../../scripts/figures/environment.mjs'
import { page } from '../../scripts/figures/page.mjs'
import { median, ratio, spread } from '../../scripts/figures/statistics.mjs'

const quiet = { load: 0.1, cores: 2, others: 0.01, steal: 0, governor: undefined, variables: [] }
const sample = (wall: number) => ({ wall, cpu: wall / 2, peak: 40 + wall / 10 })
const list = ['node', 'bun', 'npm', 'executable', 'https', 'curl', 'kubectl', 'cray']
const samplesOf = (names: readonly string[]) =>
  new Map(names.map((name, at) => [name, [100, 104, 98].map((wall) => sample(wall * (at + 1)))]))

/** All that can be measured, in figures that nobody would take for those of a machine. */
const all = {
  date: '2026-01-02',
  version: '0.1.0',
  machine: 'A processor × 2',
  versions: ['bun 1.0.0'],
  conditions: quiet,
  recordBytes: 328,
  tasks: [
    { name: '`--help`', samples: samplesOf(['node', 'bun', 'npm', 'executable', 'kubectl', 'cray']) },
    { name: '1 record', samples: samplesOf(list) },
    { name: '1,000 records', samples: samplesOf(list) },
    { name: '10,000 records', samples: samplesOf([...list.slice(0, 3), 'npm json', 'npm yaml', ...list.slice(3)]) },
    { name: '100,000 records', samples: samplesOf(list) },
  ],
  sizes: [['`thing.tgz`', 1_298_711]] as [string, number][],
  throughput: 1234.5,
  absent: [],
}

const cells = (line: string) => line.split('|').map((cell) => cell.trim())
/** The rows of a table whose first or second cell begins so. */
const rows = (text: string, word: string) =>
  text
    .split('\n')
    .map(cells)
    .filter((row) => row[1]?.startsWith(word) || row[2] === word)

test('a row has medians, the largest memory, and ratios beside its runtime and each other program', () => {
  const found = rows(page(all), 'npm package')
  expect(found.slice(0, 2)).toEqual([
    ['', '', 'npm package', '300 ms', '150 ms', '71 MiB', '3.00 ×', '', '', '0.60 ×', '0.50 ×', ''],
    ['', '', 'npm package', '300 ms', '150 ms', '71 MiB', '3.00 ×', '0.60 ×', '0.50 ×', '0.43 ×', '0.38 ×', ''],
  ])
  expect(rows(page(all), '`--help`, 3 rounds')).toHaveLength(1)
})

test('an aim is met, missed or not measured', () => {
  expect(rows(page(all), '`--help` of the npm package')[0]!.slice(3)).toEqual(['3.00 ×', 'missed', ''])
  const without = all.tasks.map((task) => ({ ...task, samples: new Map([...task.samples].filter(([name]) => name !== 'kubectl')) }))
  expect(rows(page(all), 'one record').map((row) => row.slice(3))).toEqual([
    ['0.60 ×', 'met', ''],
    ['0.43 ×', 'met', ''],
    ['0.57 ×', 'missed', ''],
    ['0.67 ×', 'met', ''],
  ])
  expect(rows(page({ ...all, tasks: without }), 'one record').map((row) => row[4])).toEqual(['met', 'not measured', 'not measured', 'met'])
})

test('what was not measured has no column, and is said', () => {
  const tasks = all.tasks.map((task) => ({ ...task, samples: new Map([...task.samples].filter(([name]) => name !== 'cray')) }))
  const text = page({ ...all, tasks, throughput: undefined, absent: ['the original `cray` is not installed'] })
  expect(text).not.toContain('× the original')
  expect(text).toContain('\n## Not measured\n\n- the original `cray` is not installed\n')
  expect(text).toContain('`wrk` is not installed')
})

test.each([
  ['nothing', {}, 0, []],
  ['a load', { load: 1.5 }, 0, ['the load average was 1.5 at the start, on 2 processors']],
  ['other processes', { others: 0.214 }, 0, ['other processes had 21 % of the processors']],
  ['other machines', { steal: 0.021 }, 0, ['other virtual machines had 2.1 % of the processors']],
  ['an uneven floor', {}, 0.4, ['the times of `node -e 0` are 40 % apart']],
  ['a governor', { governor: 'powersave' }, 0, ["the governor of the processors' frequency is `powersave`"]],
  ['a good governor', { governor: 'performance' }, 0, []],
])('a machine is judged by %s', (_, seen, apart, words) => {
  expect(distortions({ ...quiet, ...seen }, apart)).toEqual(words)
})

test('the page says what distorts it, and what the measured programs were spared', () => {
  expect(page(all)).toContain('Nothing was found that distorts these figures.')
  const text = page({ ...all, conditions: { ...quiet, load: 3, variables: ['NODE_OPTIONS'] } })
  expect(text).toContain('**The machine distorts these figures**: the load average was 3.0 at the start')
  expect(text).toContain('not for what was measured: `NODE_OPTIONS`.')
})

test('ratios are those of pairs, not of medians', () => {
  expect([median([3, 1, 2]), ratio([10, 200, 30], [10, 100, 10]), spread([1, 1, 1, 1])]).toEqual([2, 2, 0])
})

test('the committed page is what the script makes, whatever its figures are', () => {
  const committed = readFileSync(join(import.meta.dirname, '../../docs/figures.md'), 'utf8')
  const marks = (text: string) =>
    text.split('\n').flatMap((line) => {
      if (/^(#|-|`npm)/.test(line)) return [line.replace(/\d+ bytes/, '')]
      const [, first, second] = cells(line)
      return second === undefined || /^-/.test(first!) || first === '`thing.tgz`'
        ? []
        : [`${first!.replace(/, \d+ rounds?$/, '')} | ${second}`]
    })
  const known = marks(page({ ...all, absent: ['something'] }))
  const isOptional = (line: string) => /^(- .*(is not installed|was not made|could not be fetched)|.*\| [\d.]+ MB$)/.test(line)
  expect(marks(committed).filter((line) => !isOptional(line) && !known.includes(line))).toEqual([])
  expect(committed.match(/^#.*/gm)!.slice(0, 5)).toEqual(known.filter((line) => line.startsWith('#')).slice(0, 5))
})
