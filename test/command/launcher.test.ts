import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../support/program.ts'

const top = resolve(import.meta.dirname, '../..')
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'launcher-'))
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(top, part), join(folder, part), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const caches = () =>
  ['dist', 'dist/chunks'].flatMap((name) =>
    readdirSync(join(folder, name))
      .filter((file) => file.endsWith('.cache'))
      .map((file) => join(folder, name, file)),
  )
const program = () => [process.execPath, join(folder, 'bin/cray-ims.js')]
const version = () => run(['--version'], { cwd: folder, env: { PATH: process.env.PATH! }, command: program() })

test('is built with what was compiled', async () => {
  expect(caches().length).toBeGreaterThanOrEqual(4)
  // What is compiled elsewhere is the same.
  expect(caches().filter((path) => readFileSync(path).includes(top))).toEqual([])
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

test('does not take what another version of Node has compiled, though V8 would', async () => {
  for (const path of caches()) {
    expect(path).toContain(`.${process.version}-${process.arch}.`)
    renameSync(path, path.replace(process.version, 'v20.0.0'))
    // Were it read, it would be run.
    writeFileSync(path.replace(process.version, 'v20.0.0'), keptSource("process.stdout.write('another')"))
  }
  expect(await version()).toMatchObject({ exit: 0, stdout: expect.not.stringContaining('another'), stderr: '' })
  for (const path of caches()) renameSync(path, path.replace('v20.0.0', process.version))
  expect((await version()).stdout).toContain('another')
})

describe('as npm links it', () => {
  const linked = async (env: Record<string, string>) => {
    const path = join(folder, 'path')
    mkdirSync(path, { recursive: true })
    symlinkSync(join(folder, 'bin/cray-ims.js'), join(path, 'cray-ims'))
    return run(['--version', "it's one"], { cwd: folder, env: { PATH: `${path}:${process.env.PATH}`, ...env }, command: ['cray-ims'] })
  }
  const asked = async (env: Record<string, string> = {}) => {
    mkdirSync(join(folder, 'path'))
    writeFileSync(join(folder, 'path/node'), `#!/bin/sh\nprintf '<%s>' "$@"\n`, { mode: 0o755 })
    return (await linked(env)).stdout
  }

  test('Node does not parse its own CAs, which are trusted only where we give them', async () => {
    expect(await asked()).toBe(`<--use-openssl-ca><${folder}/path/cray-ims><--version><it's one>`)
  })

  test.each(['', '--use-bundled-ca', '--max-old-space-size=100 --use-bundled-ca'])('runs with NODE_OPTIONS=%s', async (NODE_OPTIONS) => {
    expect(await linked({ NODE_OPTIONS })).toEqual({
      exit: 0,
      stdout: expect.stringMatching(/^cray-ims \d/),
      stderr: '',
    })
  })

  test('leaves a choice of CAs in NODE_OPTIONS alone: Node refuses two', async () => {
    expect(await asked({ NODE_OPTIONS: '--use-bundled-ca' })).toBe(`<${folder}/path/cray-ims><--version><it's one>`)
  })
})

/** As a file that was compiled is kept, but for what V8 made of it. */
function keptSource(text: string): Buffer {
  const source = `(function (exports, require, module, __filename, __dirname) {${text}\n})`
  const length = Buffer.alloc(4)
  length.writeUInt32LE(source.length)
  return Buffer.concat([Buffer.from(source, 'latin1'), length])
}

describe("code of anybody's that has the name of a module", () => {
  const names = ['cpu-features', 'nan', 'ssh2', 'undici', 'fsevents', 'bufferutil', 'utf-8-validate', 'supports-color', 'encoding']
  const mark = () => join(folder, 'ran')

  /** Puts modules, and ssh2's add-ons, into a folder of modules. */
  function plant(modules: string): void {
    const source = `require('node:fs').appendFileSync(${JSON.stringify(mark())}, __filename)\nmodule.exports = () => ({})\n`
    for (const name of names) {
      mkdirSync(join(modules, name), { recursive: true })
      writeFileSync(join(modules, name, 'index.js'), source)
    }
    for (const path of ['ssh2/lib/protocol/crypto/build/Release', 'cpu-features/build/Release']) {
      mkdirSync(join(modules, path), { recursive: true })
      for (const name of ['sshcrypto.node', 'cpufeatures.node']) writeFileSync(join(modules, path, name), source)
    }
  }

  test.each([
    ['in NODE_PATH', () => join(folder, 'path')],
    ['in ~/.node_modules', () => join(folder, 'home/.node_modules')],
    ['in ~/.node_libraries', () => join(folder, 'home/.node_libraries')],
    ['beside it', () => join(folder, 'node_modules')],
    ['below it', () => join(folder, 'dist/node_modules')],
    ['in the folder that it is started in', () => join(folder, 'cwd/node_modules')],
  ])('does not run: %s', async (_, where) => {
    mkdirSync(join(folder, 'cwd'))
    plant(where())
    const env = { PATH: process.env.PATH!, HOME: join(folder, 'home'), NODE_PATH: join(folder, 'path') }
    // The mock loads ssh2 as jobs debug does, and a proxy undici.
    const line = `"$0" "$1" recipes list --query 'length(@)' && HTTPS_PROXY=http://127.0.0.1:1 NO_PROXY= no_proxy= "$0" "$1" images list --retries 0; "$0" "$1" jobs debug none; exit 7`
    const { exit, stdout } = await run(['mock', '--tls', '--', 'sh', '-c', line, ...program()], {
      cwd: join(folder, 'cwd'),
      env,
      command: program(),
    })
    expect({ exit, stdout }).toEqual({ exit: 7, stdout: '4\n' })
    // As a library it is loaded by Node itself.
    const library = await run(
      [
        '-e',
        `const { createMock } = require('./dist/mock.js'); const { ImsClient } = require('./dist/library.js'); console.log(typeof createMock, typeof ImsClient)`,
      ],
      { cwd: folder, env, command: [process.execPath] },
    )
    expect(library).toEqual({ exit: 0, stdout: 'function function\n', stderr: '' })
    expect(existsSync(mark()) ? readFileSync(mark(), 'utf8') : '').toBe('')
  })

  test('is asked for nowhere in what is built', () => {
    const built = ['dist', 'dist/chunks'].flatMap((name) =>
      readdirSync(join(folder, name))
        .filter((file) => file.endsWith('.js'))
        .map((file) => readFileSync(join(folder, name, file), 'utf8')),
    )
    const asked = built.flatMap((text) =>
      [...text.matchAll(/(?<![\w.$])(?:require|import)\(\s*(["'`])([^"'`]*)\1\s*\)/g)].map((match) => match[2]!),
    )
    expect(asked.length).toBeGreaterThan(100)
    expect(asked.filter((id) => !/^\.\/(?:chunks\/)?[\w-]+\.js$|^\.\.\/[\w-]+\.js$/.test(id) && !id.startsWith('node:'))).toEqual([])
  })
})
