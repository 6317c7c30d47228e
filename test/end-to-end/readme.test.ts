import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ownKeys } from '../support/own-keys.ts'
import { program, run } from '../support/program.ts'
import { programLine } from '../support/site.ts'

const home = mkdtempSync(join(tmpdir(), 'readme-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const keys = ownKeys()
const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
const [, started, session] = /\n## A first session\n[^]*?```sh\n(.*)\n```\n\n```sh\n([^]*?)```\n/.exec(readme)!

test('the first session of the README works as it is printed', async () => {
  mkdirSync(join(home, '.ssh'))
  for (const [name, key] of Object.entries(keys)) writeFileSync(join(home, '.ssh', name), key, { mode: 0o600 })
  writeFileSync(join(home, 'session'), `set -e\ncray-ims() { ${programLine} "$@"; }\n${session}`)
  const [name, ...words] = started!.split(' ')
  expect([name, ...words.slice(-2)]).toEqual(['cray-ims', '--', 'bash'])
  const { exit, stdout, stderr } = await run([...words, 'session'], {
    cwd: home,
    env: { PATH: process.env.PATH!, HOME: home, LANG: 'C.UTF-8' },
    command: [process.execPath, program],
  })
  expect({ exit, stderr }).toMatchObject({ exit: 0 })
  expect(stdout).toMatch(/^\w{8} +compute +x86_64 +\d+s$/m)
  expect(stdout).toMatch(/^path = "s3:\/\/boot-images\/.*\/manifest\.json"$/m)
  expect(stderr).toMatch(/^undeleted image \S+ {2}compute, x86_64$/m)
})
