import { expect, test } from 'vitest'
import { transferProgress } from '../../src/terminal/transfer-progress.ts'
import { formatBytes } from '../../src/text/bytes.ts'

const MiB = 1024 * 1024

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [102_246, '99.8 KiB'],
  [102_400, '100 KiB'],
  [1023 * 1024, '1.0 MiB'],
  [2 * 1024 * MiB, '2.0 GiB'],
  [5000 * 1024 ** 4, '5000 TiB'],
])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

/** What is shown of a transfer of 100 MiB, from pairs of seconds and MiB that have gone. */
function shown(steps: readonly (readonly [number, number])[], isInteractive: boolean): string[] {
  const lines: string[] = []
  const write = (text: string | readonly string[]) => void lines.push([text].flat().join())
  let now = 0
  const progress = { update: write, log: write, stop() {}, ...(isInteractive && { isInteractive: true as const }) }
  const transfer = transferProgress({ progress, monotonic: () => now }, { what: 'upload', total: 100 * MiB })
  for (const [seconds, size] of steps) {
    now = seconds * 1000
    transfer.update(size * MiB)
  }
  transfer.done()
  return lines
}

test('in a terminal: a bar with bytes, rate and time left', () => {
  expect(
    shown(
      [
        [0, 0],
        [10, 50],
        [40, 50],
        [50, 100],
      ],
      true,
    ),
  ).toEqual([
    'upload  [....................] 0 %  0 bytes of 100 MiB',
    'upload  [##########..........] 50 %  50.0 MiB of 100 MiB, 5.0 MiB/s, 10s left',
    'upload  [##########..........] 50 %  50.0 MiB of 100 MiB, nothing moves',
    'upload  [####################] 100 %  100 MiB of 100 MiB, 1.3 MiB/s',
    '✔ upload: 100 MiB in 50s, 2.0 MiB/s',
  ])
})

test('elsewhere: a line each 10 %, or where nothing was written for 30 s', () => {
  const steps = [
    [0, 0],
    [1, 9],
    [2, 10],
    [3, 19],
    [4, 25],
    [33, 26],
    [34, 27],
    [63, 28],
    [64, 29],
    [70, 100],
  ] as const
  expect(shown(steps, false).map((line) => line.replace(/, .*/, ''))).toEqual([
    'upload: 10 %  10.0 MiB of 100 MiB',
    'upload: 25 %  25.0 MiB of 100 MiB',
    'upload: 27 %  27.0 MiB of 100 MiB',
    'upload: 29 %  29.0 MiB of 100 MiB',
    '✔ upload: 100 MiB in 1m10s',
  ])
})

test('what was there before does not count for the rate', () => {
  expect(
    shown(
      [
        [0, 80],
        [10, 100],
      ],
      true,
    ).slice(1),
  ).toEqual(['upload  [####################] 100 %  100 MiB of 100 MiB, 2.0 MiB/s', '✔ upload: 100 MiB in 10s, 2.0 MiB/s'])
})
