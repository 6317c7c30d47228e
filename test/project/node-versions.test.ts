import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../support/program.ts'

interface Runtime {
  readonly arch: string
  readonly version: string
}
const top = resolve(import.meta.dirname, '../..')
const json = <T>(path: string): T => JSON.parse(readFileSync(join(top, path), 'utf8')) as T

test('runs with the oldest Node that the package takes, and each that follows, on both kinds of machine', () => {
  const { node } = json<{ node: Runtime[] }>('scripts/runtimes.json')
  const versions = (of: string) => node.filter(({ arch }) => arch === of).map(({ version }) => version)
  expect(versions('x64')).toEqual(versions('arm64'))
  expect(versions('x64').map((version) => Number.parseInt(version))).toEqual([20, 22, 24, 26])
  expect(json<{ engines: { node: string } }>('package.json').engines.node).toBe(`>=${versions('x64')[0]!.replace(/\.0$/, '')}`)
})

let folder: string
let temporary: string
let env: Record<string, string>
const script = (name: string, ...args: string[]) => run([`scripts/${name}`, ...args], { cwd: folder, env, command: [process.execPath] })
const asked = () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n')

/**
 * A checkout with the scripts, an npm that packs a Node which says its version, and a vitest that notes how it is run
 * and takes 100 s, by its own account.
 */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-versions-'))
  temporary = mkdtempSync(join(tmpdir(), 'node-versions-work-'))
  for (const name of ['bin', 'scripts', 'src', 'dist', 'node_modules/vitest']) mkdirSync(join(folder, name), { recursive: true })
  env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, TMPDIR: temporary, TOP: folder }
  for (const name of ['test-runs', 'copy-checkout', 'node-versions', 'ci-tests', 'runtimes'])
    copyFileSync(join(top, `scripts/${name}.mjs`), join(folder, `scripts/${name}.mjs`))
  writeFileSync(join(folder, 'dist/main.js'), 'of the checkout')
  writeFileSync(
    join(folder, 'bin/npm'),
    `#!/bin/sh
for to; do :; done
case $1 in
  pack) [ "$2" = "$GONE" ] && { echo gone >&2; exit 1; }; cp "$TOP/packed/$2.tgz" "$to" ;;
  run) mkdir dist && echo "$(node --version)" > dist/main.js ;;
esac
`,
    { mode: 0o755 },
  )
  writeFileSync(
    join(folder, 'node_modules/vitest/vitest.mjs'),
    `import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
const built = readFileSync('dist/main.js', 'utf8').trim()
const words = process.argv.slice(2).join(' ')
appendFileSync(process.env.TOP + '/asked', \`\${process.env.FAKE ?? 'own'}: \${words}, built: \${built}\\n\`)
if (!words.includes('lost')) writeFileSync(process.env.TEST_COUNTS, '{"passed":7,"failed":0,"skipped":1,"seconds":100}')
if (/lost|late/.test(words)) process.exitCode = 1
`,
  )
  const node = ['20.19.0', '22.1.0', '26.0.1'].map((version) => pack(version))
  writeFileSync(join(folder, 'scripts/runtimes.json'), JSON.stringify({ bun: [], node }))
})
afterEach(() => {
  expect(readdirSync(temporary)).toEqual([])
  for (const path of [folder, temporary]) rmSync(path, { recursive: true, force: true })
})

function pack(version: string) {
  const bin = join(folder, 'packed', version, 'package/bin')
  mkdirSync(bin, { recursive: true })
  const text = `#!/bin/sh\n[ "$1" = --version ] && echo v${version} || FAKE=${version} exec ${process.execPath} "$@"\n`
  writeFileSync(join(bin, 'node'), text, { mode: 0o755 })
  const tarball = join(folder, `packed/some-node@${version}.tgz`)
  execFileSync('tar', ['-czf', tarball, '-C', join(folder, 'packed', version), 'package'])
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  return { arch: process.arch, name: 'some-node', version, integrity }
}

test('each version runs the tests in a copy that it has built, and is summed up', async () => {
  const { exit, stdout, stderr } = await script('node-versions.mjs')
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  expect(asked()).toEqual(['20.19.0', '22.1.0', '26.0.1'].map((version) => `${version}: run, built: v${version}`))
  expect(stdout).toBe(
    ['20.19.0', '22.1.0', '26.0.1'].map((version) => `Node ${version}: 7 tests passed, 1 skipped, in 100 s\n`).join('') +
      '\n21 passed, 0 failed, 3 skipped\n',
  )
  expect(readFileSync(join(folder, 'dist/main.js'), 'utf8')).toBe('of the checkout')
})

test('those that are named run what is named', async () => {
  expect((await script('node-versions.mjs', '26', '20.19', 'test/unit', '-t', '7')).exit).toBe(0)
  expect(asked()).toEqual(['26.0.1: run test/unit -t 7, built: v26.0.1', '20.19.0: run test/unit -t 7, built: v20.19.0'])
})

test.each([
  ['ends too soon', 'lost', '0 passed, 1 failed'],
  ['fails outside of all tests', 'late', '7 passed, 1 failed, 1 skipped'],
])('a run that %s has failed', async (_, word, last) => {
  const { exit, stdout } = await script('node-versions.mjs', '26', word)
  expect(exit).toBe(1)
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(last)
})

test('a version that nobody has is refused, and what there is said', async () => {
  expect(await script('node-versions.mjs', '26', '2')).toEqual({
    exit: 1,
    stdout: '',
    stderr: 'npm run test:node: there is no Node 2, only 20.19.0, 22.1.0, 26.0.1\n',
  })
})

test('a Node that is not the one that was pinned is not run', async () => {
  const table = readFileSync(join(folder, 'scripts/runtimes.json'), 'utf8').replaceAll('sha512-', 'sha512-0')
  writeFileSync(join(folder, 'scripts/runtimes.json'), table)
  const { exit, stderr } = await script('node-versions.mjs', '26')
  expect(exit).toBe(1)
  expect(stderr).toContain('some-node@26.0.1 is not what it was')
  expect(asked).toThrow('ENOENT')
})

const own = 'own: run, built: of the checkout'
const quick = 'test/unit test/golden/replay.test.ts test/golden/instead.test.ts'

test.each([
  ['all tests where there is time', 880, [own, '26.0.1: run, built: v26.0.1'], '14 passed, 0 failed, 2 skipped'],
  ['the quick tests where there is less', 940, [own, `26.0.1: run ${quick}, built: v26.0.1`], '14 passed, 0 failed, 2 skipped'],
  ['nothing where there is none', 990, [own], '7 passed, 0 failed, 1 skipped'],
])('in CI the newest Node runs %s', async (_, seconds, lines, last) => {
  const { exit, stdout } = await script('ci-tests.mjs', String(seconds))
  expect(exit).toBe(0)
  expect(asked()).toEqual(lines)
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(last)
  expect(stdout.match(/\d+ passed, /g)).toHaveLength(1)
  expect(stdout.includes('left out')).toBe(lines.length === 1)
})

test('in CI a newest Node that cannot be fetched is a failure', async () => {
  env.GONE = 'some-node@26.0.1'
  const { exit, stdout, stderr } = await script('ci-tests.mjs', '0')
  expect(exit).toBe(1)
  expect(stderr).toContain('some-node@26.0.1 could not be fetched\ngone')
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('7 passed, 1 failed, 1 skipped')
})
