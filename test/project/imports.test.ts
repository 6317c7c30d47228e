import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

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

test('imports point downwards, types too, without circles', async () => {
  expect(await violations(root)).toBe('')
})

const broken = [
  [
    'a type of a floor above',
    { 'text/type.ts': `import type { B } from '../ims/type.ts'\nexport type A = B\n`, 'ims/type.ts': 'export type B = 1\n' },
    'import from no floor above: src/text/type.ts',
  ],
  [
    'what is loaded when it is needed',
    { 'jobs/later.ts': `export const load = () => import('../cli/later.ts')\n`, 'cli/later.ts': 'export const b = 1\n' },
    'import from no floor above: src/jobs/later.ts',
  ],
  [
    'another room of the floor',
    { 'text/room.ts': `export { b } from '../time/room.ts'\n`, 'time/room.ts': 'export const b = 1\n' },
    'rooms of one floor are apart: src/text/room.ts',
  ],
  [
    'a circle',
    {
      'text/circle.ts': `export { b } from './back.ts'\nexport const a = 1\n`,
      'text/back.ts': `export { a } from './circle.ts'\nexport const b = 1\n`,
    },
    'no circles: src/text/',
  ],
  [
    'IMS in http',
    { 'http/ims.ts': `export { b } from '../config/ims.ts'\n`, 'config/ims.ts': 'export const b = 1\n' },
    'http knows nothing of IMS: src/http/ims.ts',
  ],
] as const

let scratch: string
let said: string
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'imports-'))
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json']) cpSync(join(root, name), join(scratch, name))
  for (const [path, text] of broken.flatMap(([, files]) => Object.entries(files))) {
    mkdirSync(dirname(join(scratch, 'src', path)), { recursive: true })
    writeFileSync(join(scratch, 'src', path), text)
  }
  said = await violations(scratch)
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test.each(broken)('the rules see %s', (_, _files, violation) => {
  expect(said).toContain(violation)
})
