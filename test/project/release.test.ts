import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../support/program.ts'

let folder: string
let env: Record<string, string>
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Jane', '-c', 'user.email=jane@example.org', ...args], { cwd: folder, env })
const release = () => run(['scripts/release.mjs'], { cwd: folder, env, command: [process.execPath] })
const asked = () => readFileSync(join(folder, 'bin/asked'), 'utf8').trim().split('\n')

/** A repository with the script, and an npm that notes what it is asked and packages a text. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'))
  for (const name of ['bin', 'scripts']) mkdirSync(join(folder, name))
  env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null' }
  copyFileSync(join(import.meta.dirname, '../../scripts/release.mjs'), join(folder, 'scripts/release.mjs'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "thing", "version": "1.2.3" }')
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changes\n\n## 1.2.3 - unreleased\n')
  writeFileSync(join(folder, '.gitignore'), 'bin/asked\npackage/\n')
  writeFileSync(
    join(folder, 'bin/npm'),
    `#!/bin/sh\necho "$*\${CI:+ CI=$CI}" >> bin/asked\n[ "$1" = test ] || exit 0\nmkdir package && cd package && echo packed > thing-1.2.3.tgz && sha256sum thing-1.2.3.tgz > SHA256SUMS\n`,
    { mode: 0o755 },
  )
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--message', 'all')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('makes and checks everything, and says what is next', async () => {
  const { exit, stdout } = await release()
  expect(exit).toBe(0)
  expect(asked()).toEqual(['ci', 'run generate', 'test CI=true', 'run test:executable CI=true', 'run package:system'])
  expect(stdout).toContain('thing-1.2.3.tgz: OK')
  expect(stdout).toMatch(
    /Nothing is published\. Next:\n {2}1\. date .* in CHANGELOG\.md.*\n {2}2\. git tag .*v1\.2\.3.*\n {2}3\. npm publish package\/thing-1\.2\.3\.tgz\n/,
  )

  rmSync(join(folder, 'package'), { recursive: true })
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changes\n\n## 1.2.3 - 2026-12-01\n')
  git('commit', '--quiet', '--all', '--message', 'date it')
  expect((await release()).stdout).toContain('Next:\n  1. git tag ')
})

test.each<[string, () => void, string]>([
  ['a changed file', () => writeFileSync(join(folder, 'CHANGELOG.md'), ''), 'CHANGELOG.md'],
  ['a new file', () => writeFileSync(join(folder, 'new'), ''), '?? new'],
  ['a version that is tagged', () => git('tag', 'v1.2.3'), 'v1.2.3 is tagged already'],
])('does nothing with %s', async (_what, change, named) => {
  change()
  const { exit, stderr } = await release()
  expect(exit).toBe(1)
  expect(stderr).toContain(named)
  expect(asked).toThrow('ENOENT')
})

test.each([
  ['a step fails', '[ "$1" != test ] || exit 3', 'npm test: exit code 3'],
  ['generated files were stale', '[ "$2" != generate ] || echo new > CHANGELOG.md', 'the table has changed what is generated'],
  [
    'a checksum is wrong',
    '[ "$1" != test ] || { mkdir package; echo "$(printf %064d 0)  package.json" > package/SHA256SUMS; }',
    'sha256sum',
  ],
])('ends where %s', async (_what, script, named) => {
  writeFileSync(join(folder, 'bin/npm'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  git('commit', '--quiet', '--all', '--message', 'another npm')
  const { exit, stdout, stderr } = await release()
  expect(exit).toBe(1)
  expect(stderr).toContain(named)
  expect(stdout).not.toContain('Next:')
})
