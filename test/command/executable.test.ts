import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executable, pathWithoutNode, skip } from '../support/executable.ts'
import { startProgram } from '../support/live-program.ts'
import { run } from '../support/program.ts'

const top = dirname(dirname(executable))
const read = (path: string) => readFileSync(join(top, path), 'utf8')

describe.skipIf(skip)('the single executable, without Node', () => {
  let folder: string
  let env: Record<string, string>
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'executable-'))
    env = { PATH: pathWithoutNode(folder), HOME: folder }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const given = (...argv: string[]) => run(argv, { cwd: folder, env, command: [executable] })

  test('there is no Node', () => {
    expect(spawnSync('/bin/sh', ['-c', 'command -v node || echo none'], { env, encoding: 'utf8' }).stdout).toBe('none\n')
  })

  test('says its version, in an empty environment too', async () => {
    const { version } = JSON.parse(read('package.json')) as { version: string }
    const said = { exit: 0, stdout: `cray-ims ${version}\n`, stderr: '' }
    expect(await given('--version')).toEqual(said)
    expect(await run(['--version'], { cwd: '/', env: {}, command: [executable] })).toEqual(said)
  })

  test("is not touched by what is meant for the user's own Node", async () => {
    const outcome = await run(['jobs', 'list', '--help'], { cwd: folder, env: { ...env, NODE_OPTIONS: '--require ./none.js --no-such-option' }, command: [executable] })
    expect(outcome).toMatchObject({ exit: 0, stderr: '' })
    expect(outcome.stdout).toContain('Usage: cray-ims jobs list')
  })

  test("takes no option of Node's", async () => {
    expect(await given('--eval', 'console.log(1)')).toMatchObject({ exit: 2, stdout: '' })
  })

  test.each([
    ['bash', 'cray-ims.bash'],
    ['zsh', '_cray-ims'],
    ['fish', 'cray-ims.fish'],
  ])('has the completions of %s', async (shell, file) => {
    expect(await given('completion', shell)).toEqual({ exit: 0, stdout: read(`completions/${file}`), stderr: '' })
  })

  test('is a mock, and asks it over TLS', async () => {
    const asked = await given('mock', '--tls', '--', 'sh', '-c', '"$0" recipes list --query "length(@)"; "$0" images describe none; exit 7', executable)
    expect(asked).toMatchObject({ exit: 7, stdout: '4\n' })
    expect(asked.stderr).toContain('HTTP 404 Not Found')
  })

  test('through a proxy, where undici is what asks', async () => {
    const asked = await run(['images', 'list'], { cwd: folder, env: { ...env, HTTPS_PROXY: 'http://127.0.0.1:1', CRAY_IMS_RETRIES: '0', CRAY_CONFIG_DIR: await configured() }, command: [executable] })
    expect(asked).toMatchObject({ exit: 2, stdout: '' })
    expect(asked.stderr).toContain('127.0.0.1:1')
  })

  async function configured(): Promise<string> {
    expect(await given('init', '--no-auth', '--hostname', 'h.invalid')).toMatchObject({ exit: 0 })
    return folder
  }

  test.each([
    ['SIGTERM', 0],
    ['SIGINT', 0],
  ] as const)('%s ends the mock, which takes its folder along', async (signal, exit) => {
    const mock = startProgram(['mock'], { cwd: folder, env, command: [executable] })
    await mock.says('\n')
    mock.kill(signal)
    const outcome = await mock.ended
    expect(outcome).toMatchObject({ exit, stderr: '' })
    expect(existsSync((JSON.parse(outcome.stdout) as { configDir: string }).configDir)).toBe(false)
  })

  test('an error says where in the program it happened when asked to', async () => {
    const asked = await run(['images', 'list'], { cwd: folder, env: { ...env, CRAY_CONFIG_DIR: '/nowhere', CRAY_IMS_DEBUG: '1' }, command: [executable] })
    expect(asked.exit).toBe(2)
    expect(asked.stderr).toMatch(/^ {4}at .*main\.js:\d+:\d+/m)
  })

  test('what is packaged has its sums', async () => {
    const outcome = await run(['--check', '--strict', 'SHA256SUMS'], { cwd: dirname(executable), env, command: ['sha256sum'] })
    expect(outcome).toMatchObject({ exit: 0, stderr: '' })
    expect(outcome.stdout).toContain(`${basename(executable)}: OK`)
    expect(outcome.stdout).toMatch(/^cray-ims-.*\.tgz: OK$/m)
  })

  test('has the licences of Node and of what is bundled', () => {
    const text = read('package/LICENCES.txt')
    for (const name of ['MIT License', 'Node.js is licensed for use as follows', 'commander 14']) expect(text).toContain(name)
  })
})
