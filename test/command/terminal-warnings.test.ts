import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ownKeys } from '../support/own-keys.ts'
import { program, run } from '../support/program.ts'
import { recipeOf, startWatchedSite, type WatchedSite } from '../support/watched-site.ts'

// In CI it has to be there.
const skip = spawnSync('script', ['--version']).status !== 0 && process.env.CI !== 'true'

const keys = ownKeys()
const keyId = 'd0000000-0000-4000-8000-000000000001'
let site: WatchedSite
beforeAll(async () => {
  site = await startWatchedSite()
  writeFileSync(join(site.home, 'good.pub'), keys['id_ed25519.pub'])
  writeFileSync(join(site.home, 'bad.pub'), `${keys['id_ed25519.pub'].split(' ').slice(0, 2).join(' ')} jane: laptop\n`)
})
afterAll(() => site.close())

const job = (flag: string, value: string) => [
  'jobs',
  'create',
  '--job-type',
  'create',
  '--artifact-id',
  recipeOf('succeeds'),
  '--public-key-id',
  keyId,
  ...(flag === '--image-root-archive-name' ? [] : ['--image-root-archive-name', 'good']),
  flag,
  value,
]
const key = (file: string) => ['public-keys', 'create', '--name', 'k', '--public-key', file]

const warned: [string, string[], string][] = [
  ['a number', job('--image-root-archive-name', '12:30'), `the service can't work with --image-root-archive-name "12:30": `],
  ['a slash', job('--image-root-archive-name', 'a/b'), `with --image-root-archive-name "a/b": `],
  ['a kernel', job('--kernel-file-name', 'yes'), 'with --kernel-file-name "yes": '],
  ['an initrd', job('--initrd-file-name', '0b1'), 'with --initrd-file-name "0b1": '],
  ['parameters', job('--kernel-parameters-file-name', '='), 'with --kernel-parameters-file-name "=": '],
  ['a comment', key('bad.pub'), "Warning: bad.pub has a comment that breaks the service's YAML"],
]

describe('what the service can not work with', () => {
  test.skipIf(skip).each(warned)('is warned of in a terminal, and sent: %s', async (_, argv, warning) => {
    const before = site.writes().length
    const line = [process.execPath, program, ...argv].map((word) => `'${word}'`).join(' ')
    const { stdout } = await run(['-qefc', line, '/dev/null'], {
      cwd: site.home,
      env: { ...site.env, PATH: process.env.PATH!, SHELL: '/bin/sh' },
      command: ['script'],
    })
    expect(stdout).toContain(warning)
    expect(site.writes().length).toBe(before + 1)
  })

  test.each(warned)('is sent in silence elsewhere: %s', async (_, argv) => {
    const before = site.writes().length
    const { stderr } = await run(argv, { cwd: site.home, env: site.env })
    expect(stderr).not.toContain('Warning')
    expect(site.writes().length).toBe(before + 1)
  })
})
