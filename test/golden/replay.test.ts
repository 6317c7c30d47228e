import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { cases, deviations } from './recorded.ts'
import { replay, type Certificate } from './replay.ts'

let folder: string
let certificate: Certificate

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'golden-tls-'))
  certificate = await selfSigned(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.concurrent('recorded cases of the original', () => {
  for (const recorded of cases) {
    test(`${recorded.name}: ${recorded.argv.join(' ').slice(0, 100)}`, async () => {
      expect(await replay(recorded, certificate)).toEqual([])
    })
  }
})

test('every deviation says what we do instead', () => {
  const silent = Object.entries(deviations).filter(([, { instead }]) => !instead)
  expect(cases.length).toBeGreaterThanOrEqual(630)
  expect(silent).toEqual([])
})
