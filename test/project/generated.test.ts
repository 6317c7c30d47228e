import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generatedFiles } from '../../src/cli/generated-files.ts'

test.each(Object.entries(generatedFiles()))('%s is what the table says (else: npm run generate)', (path, text) => {
  const found = readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
  expect(found === text, `${path} is stale: run npm run generate`).toBe(true)
})
