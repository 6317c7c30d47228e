import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { base, instead } from './instead.ts'
import { deviations } from './recorded.ts'
import { replay, type Certificate } from './replay.ts'

let folder: string
let certificate: Certificate

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'golden-tls-'))
  certificate = await selfSigned(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const reasons = [...new Set(Object.values(deviations).map((deviation) => deviation.instead))].filter((text) => !text.startsWith('as '))

describe.concurrent('what we do instead', () => {
  for (const { reason, case: own, says = [] } of instead) {
    test(`${reason} (${own.argv?.join(' ') ?? 'jobs list'})`, async () => {
      const problems = await replay({ ...base, ...own, name: `ours: ${reason}` }, certificate, { says })
      expect(problems).toEqual([])
    })
  }
})

test.each(reasons)('has a test and a line in the table of differences: %s', (text) => {
  const found = instead.filter(({ reason }) => text.startsWith(reason))
  const table = readFileSync(join(import.meta.dirname, '../../docs/differences.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
  expect(found.length).toBeGreaterThan(0)
  expect(found.filter(({ row }) => !table.some((line) => line.includes(row)))).toEqual([])
})

test('no test speaks of a deviation that is gone', () => {
  expect(instead.filter(({ reason }) => !reasons.some((text) => text.startsWith(reason)))).toEqual([])
})
