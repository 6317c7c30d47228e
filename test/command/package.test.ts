import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../support/program.ts'

const top = resolve(import.meta.dirname, '../..')
let folder: string
let tarball: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-'))
  const npm = (args: string[], cwd: string) => execFileSync('npm', args, { cwd, stdio: 'pipe' })
  npm(['pack', '--ignore-scripts', '--pack-destination', folder], top)
  tarball = join(folder, readdirSync(folder)[0]!)
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  npm(['install', '--offline', '--no-audit', '--no-fund', tarball], folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const env = () => ({ PATH: process.env.PATH!, HOME: folder })

test('has what it is to have', () => {
  expect(readdirSync(join(folder, 'node_modules/cray-ims')).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin',
    'completions',
    'dist',
    'docs',
    'package.json',
  ])
})

test('needs no other package', () => {
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['cray-ims'])
})

test.each([
  ['publint', ['publint/src/cli.js', 'run', '--strict']],
  ['are the types wrong', ['@arethetypeswrong/cli/dist/index.js', '--no-definitely-typed', '--profile', 'node16', '--format', 'ascii']],
])('its package.json and types resolve everywhere: %s', async (_name, [file, ...args]) => {
  const checked = await run([...args, tarball], { cwd: folder, env: env(), command: [process.execPath, join(top, 'node_modules', file!)] })
  expect(checked, checked.stdout + checked.stderr).toMatchObject({ exit: 0 })
})

test('its program runs, and its mock', async () => {
  const cray = [join(folder, 'node_modules/.bin/cray-ims')]
  const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as { version: string }
  expect(await run(['--version'], { cwd: folder, env: env(), command: cray })).toEqual({
    exit: 0,
    stdout: `cray-ims ${version}\n`,
    stderr: '',
  })
  const listed = await run(['mock', '--tls', '--', ...cray, 'recipes', 'list', '--query', 'length(@)'], {
    cwd: folder,
    env: env(),
    command: cray,
  })
  expect(listed).toEqual({ exit: 0, stdout: '4\n', stderr: '' })
})

test('its library and mock are imported, with types', async () => {
  const source = `import { ImsClient, ServerError, type Image, type Job } from 'cray-ims'
import { createMock } from 'cray-ims/mock'

const mock = createMock({ speed: 'step' })
const answer: Response = await mock.handle(new Request('http://ims/apis/ims/v3/images', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name": "n"}' }))
const image = (await answer.json()) as Image
const ims = new ImsClient({ hostname: 'http://127.0.0.1:1', retries: 0, connectTimeout: 1 })
const list: () => Promise<Job[]> = ims.jobs.list
const refused = await list().catch((error: unknown) => (error instanceof ServerError ? 'answered' : (error as Error).name))
await ims.close()
// @ts-expect-error: a record has no such field
void image.nosuch
console.log(image.name, image.arch, refused)
`
  writeFileSync(join(folder, 'use.ts'), source)
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
  symlinkSync(join(top, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'))
  symlinkSync(join(top, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'))
  const config = {
    compilerOptions: { target: 'ES2023', module: 'NodeNext', strict: true, types: ['node'], outDir: '.' },
    files: ['use.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiled = await run(['--project', folder], {
    cwd: folder,
    env: env(),
    command: [process.execPath, join(top, 'node_modules/typescript/bin/tsc')],
  })
  expect(compiled).toEqual({ exit: 0, stdout: '', stderr: '' })
  expect(await run(['use.js'], { cwd: folder, env: env(), command: [process.execPath] })).toEqual({
    exit: 0,
    stdout: 'n x86_64 CliError\n',
    stderr: '',
  })
})
