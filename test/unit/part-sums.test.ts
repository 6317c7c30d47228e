import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { partSums } from '../../src/files/part-sums.ts'

const folder = mkdtempSync(join(tmpdir(), 'sums-'))
afterAll(() => rmSync(folder, { recursive: true }))
const sumOf = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64')
const MiB = 1024 * 1024

test.each([
  ['nothing', 0, 1000, []],
  ['one smaller than a part', 999, 1000, [[0, 999]]],
  [
    'whole parts',
    2000,
    1000,
    [
      [0, 1000],
      [1000, 2000],
    ],
  ],
  [
    'a last one of one byte',
    2001,
    1000,
    [
      [0, 1000],
      [1000, 2000],
      [2000, 2001],
    ],
  ],
  [
    'parts of several reads',
    5 * MiB,
    2.5 * MiB,
    [
      [0, 2.5 * MiB],
      [2.5 * MiB, 5 * MiB],
    ],
  ],
])('%s', async (name, size, part, ranges) => {
  const bytes = randomBytes(size)
  const path = join(folder, name)
  writeFileSync(path, bytes)
  expect(await partSums(path, part).sums).toEqual(ranges.map(([from, to]) => sumOf(bytes.subarray(from, to))))
})

test('of a file that is not there, and where it is stopped, they are unknown', async () => {
  expect(await partSums(join(folder, 'missing'), 1000).sums).toBeUndefined()
  const path = join(folder, 'stopped')
  writeFileSync(path, randomBytes(MiB))
  const { sums, stop } = partSums(path, 1)
  stop()
  expect(await sums).toBeUndefined()
})
