import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { cases, type Recorded } from './recorded.ts'
import { replay, type Asked, type Certificate } from './replay.ts'

/** Tests that a program does what the original did, in recorded cases: all unless given. */
export function replayAll(asked: Asked = {}, which: readonly Recorded[] = cases): void {
  let folder: string
  let certificate: Certificate

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'golden-tls-'))
    certificate = await selfSigned(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  describe.concurrent('recorded cases of the original', () => {
    for (const recorded of which) {
      test(`${recorded.name}: ${recorded.argv.join(' ').slice(0, 100)}`, async () => {
        expect(await replay(recorded, certificate, asked)).toEqual([])
      })
    }
  })
}
