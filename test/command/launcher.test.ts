import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../support/program.ts'

const top = resolve(import.meta.dirname, '../..')
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'launcher-'))
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(top, part), join(folder, part), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const caches = () => ['dist', 'dist/chunks'].flatMap((name) => readdirSync(join(folder, name)).filter((file) => file.endsWith('.cache')).map((file) => join(folder, name, file)))
const version = () => run(['--version'], { cwd: folder, env: { PATH: process.env.PATH! }, command: [process.execPath, join(folder, 'bin/cray-ims.js')] })

test('is built with what was compiled', async () => {
  expect(caches().length).toBeGreaterThanOrEqual(4)
  expect(await version()).toMatchObject({ exit: 0, stderr: '' })
})

test.each([
  ['of another version of Node', (path: string) => writeFileSync(path, readFileSync(path).fill(1, 4, 8))],
  ['cut off', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 1000))],
  ['empty', (path: string) => writeFileSync(path, '')],
  ['gone', (path: string) => rmSync(path)],
])('runs as well where that is %s', async (_, spoil) => {
  caches().forEach(spoil)
  expect(await version()).toMatchObject({ exit: 0, stderr: '' })
})
