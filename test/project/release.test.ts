import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../support/program.ts'

let folder: string
let env: Record<string, string>
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Jane', '-c', 'user.email=jane@example.org', ...args], { cwd: folder, env })
const scripts = join(import.meta.dirname, '../../scripts')
const release = () => run(['scripts/release.mjs'], { cwd: folder, env, command: [process.execPath] })
const asked = () => readFileSync(join(folder, 'bin/asked'), 'utf8').trim().split('\n')

/** A repository with the scripts, and an npm that notes what it is asked and packages a text. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'))
  mkdirSync(join(folder, 'bin'))
  env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null' }
  cpSync(scripts, join(folder, 'scripts'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "name": "thing", "version": "1.2.3" }')
  writeFileSync(join(folder, 'package-lock.json'), '{}')
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changes\n\n## 1.2.3 - unreleased\n')
  writeFileSync(join(folder, '.gitignore'), 'bin/asked\npackage/\ngnupg/\n')
  writeFileSync(
    join(folder, 'bin/npm'),
    `#!/bin/sh\n[ "$1" != --version ] || exec echo 11.2.3\necho "$*\${CI:+ CI=$CI}" >> bin/asked\n[ "$1" = test ] || exit 0\nmkdir package && cd package && echo packed > thing-1.2.3.tgz && sha256sum thing-1.2.3.tgz > SHA256SUMS\n`,
    { mode: 0o755 },
  )
  writeFileSync(join(folder, 'bin/rpmbuild'), '#!/bin/sh\necho RPM version 4.18.0\n', { mode: 0o755 })
  writeFileSync(join(folder, 'bin/dpkg-deb'), '#!/bin/sh\necho "Debian \'dpkg-deb\' version 1.21.22 (amd64)."\n', { mode: 0o755 })
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
  expect(existsSync(join(folder, 'package/SHA256SUMS.asc'))).toBe(false)
})

test('says of what the files were made, the same each time', async () => {
  const path = join(folder, 'package/provenance.json')
  const made = async () => {
    rmSync(join(folder, 'package'), { recursive: true, force: true })
    expect(await release()).toMatchObject({ exit: 0 })
    return readFileSync(path, 'utf8')
  }
  const first = await made()
  expect(await made()).toBe(first)
  const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
  const { bun } = JSON.parse(readFileSync(join(scripts, 'runtimes.json'), 'utf8')) as {
    bun: { name: string; version: string; integrity: string }[]
  }
  expect(JSON.parse(first)).toEqual({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'thing-1.2.3.tgz', digest: { sha256: sha256(join(folder, 'package/thing-1.2.3.tgz')) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:thing:npm-run-release:1',
        externalParameters: { command: 'npm run release' },
        internalParameters: { arch: process.arch },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: git('rev-parse', 'HEAD').toString().trim() } },
          { name: 'package-lock.json', digest: { sha256: sha256(join(folder, 'package-lock.json')) } },
          ...bun.map(({ name, version, integrity }) => ({
            uri: `pkg:npm/${encodeURIComponent(name).replace('%2F', '/')}@${version}`,
            digest: { sha512: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex') },
          })),
        ],
      },
      runDetails: {
        builder: {
          id: 'urn:thing:maintainer',
          version: { node: process.version, npm: '11.2.3', rpmbuild: '4.18.0', 'dpkg-deb': '1.21.22' },
        },
      },
    },
  })
})

// What CI has is in .ci/run.
describe.skipIf(spawnSync('gpg', ['--version']).error && !process.env.CI)('with a key', () => {
  const verify = () => run(['--verify', 'SHA256SUMS.asc', 'SHA256SUMS'], { cwd: join(folder, 'package'), env, command: ['gpg'] })

  beforeEach(() => {
    env = { ...env, GNUPGHOME: join(folder, 'gnupg'), GPGKEY: 'jane@example.org' }
    mkdirSync(env.GNUPGHOME!, { mode: 0o700 })
    execFileSync('gpg', ['--batch', '--passphrase', '', '--quick-generate-key', 'Jane <jane@example.org>', 'ed25519', 'sign'], {
      env,
      stdio: 'pipe',
    })
  })
  afterEach(() => execFileSync('gpgconf', ['--kill', 'all'], { env }))

  test('signs the sums of all files', async () => {
    const { exit, stderr } = await release()
    expect(exit, stderr).toBe(0)
    expect(stderr).toContain('Good signature from "Jane <jane@example.org>"')
    expect(readFileSync(join(folder, 'package/SHA256SUMS.asc'), 'utf8')).toMatch(/^-----BEGIN PGP SIGNATURE-----\n/)
    expect(readFileSync(join(folder, 'package/SHA256SUMS'), 'utf8')).toMatch(/^\w{64} {2}provenance\.json\n\w{64} {2}thing-1\.2\.3\.tgz\n$/)
    expect((await verify()).exit).toBe(0)

    appendFileSync(join(folder, 'package/thing-1.2.3.tgz'), ' ')
    const check = { cwd: join(folder, 'package'), env, command: ['sha256sum'] }
    expect((await run(['--check', 'SHA256SUMS'], check)).stdout).toContain('thing-1.2.3.tgz: FAILED')
    appendFileSync(join(folder, 'package/SHA256SUMS'), `${'0'.repeat(64)}  another\n`)
    expect(await verify()).toMatchObject({ exit: 1, stderr: expect.stringContaining('BAD signature') })
  })

  test('does nothing where GnuPG has no such key', async () => {
    env = { ...env, GPGKEY: 'john@example.org' }
    const { exit, stderr } = await release()
    expect(exit).toBe(1)
    expect(stderr).toContain("npm run release: GPGKEY=john@example.org can't sign")
    expect(asked).toThrow('ENOENT')
  })
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
