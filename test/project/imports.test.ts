import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** What is wrong with the imports below a folder's `src`, by the rules of .dependency-cruiser.cjs. */
async function violations(folder: string): Promise<string> {
  const run = promisify(execFile)(
    process.execPath,
    [join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'), 'src', '--config', '.dependency-cruiser.cjs'],
    { cwd: folder },
  )
  return run.then(
    ({ stdout }) => (stdout.includes('no dependency violations found') ? '' : stdout),
    ({ stdout }: { stdout: string }) => stdout,
  )
}

let scratch: string
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'imports-'))
})
afterEach(() => rmSync(scratch, { recursive: true, force: true }))

test('imports point downwards, types too, without circles', async () => {
  expect(await violations(root)).toBe('')
})

test.each([
  [
    'a type of a floor above',
    { 'text/a.ts': `import type { B } from '../ims/b.ts'\nexport type A = B\n`, 'ims/b.ts': 'export type B = 1\n' },
    'import from no floor above',
  ],
  [
    'what is loaded when it is needed',
    { 'jobs/a.ts': `export const load = () => import('../cli/b.ts')\n`, 'cli/b.ts': 'export const b = 1\n' },
    'import from no floor above',
  ],
  [
    'another room of the floor',
    { 'text/a.ts': `export { b } from '../time/b.ts'\n`, 'time/b.ts': 'export const b = 1\n' },
    'rooms of one floor are apart',
  ],
  [
    'a circle',
    { 'text/a.ts': `export { b } from './b.ts'\nexport const a = 1\n`, 'text/b.ts': `export { a } from './a.ts'\nexport const b = 1\n` },
    'no circles',
  ],
  [
    'IMS in http',
    { 'http/a.ts': `export { b } from '../config/b.ts'\n`, 'config/b.ts': 'export const b = 1\n' },
    'http knows nothing of IMS',
  ],
] as const)('the rules see %s', async (_, files, rule) => {
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json']) cpSync(join(root, name), join(scratch, name))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(scratch, 'src', path)), { recursive: true })
    writeFileSync(join(scratch, 'src', path), text)
  }
  expect(await violations(scratch)).toContain(rule)
})
