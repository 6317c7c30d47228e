import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closedPort } from '../support/loopback.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { run } from '../support/program.ts'
import { makeKey, temporaryFolder } from '../support/sshd.ts'

const folder = temporaryFolder()
let mock: RunningMock
let configuration: string
beforeAll(async () => {
  mock = await startMock(['--tls'])
  configuration = join(mock.configDir, '.config/cray/configurations/default')
})
afterAll(async () => {
  await mock.stop()
  folder.remove()
})

const env = (more: Record<string, string> = {}) => ({
  PATH: '/nowhere',
  HOME: folder.path,
  CRAY_CONFIG_DIR: mock.configDir,
  SSL_CERT_FILE: mock.caFile!,
  ...more,
})
const ims = (words: readonly string[], more?: Record<string, string>) => run(words, { cwd: folder.path, env: env(more) })
/** States and words by check. */
const doctor = async (more?: Record<string, string>) => {
  const { exit, stdout, stderr } = await ims(['doctor', '--format', 'json'], more)
  expect(stderr).toBe('')
  const found = JSON.parse(stdout) as { check: string; state: string; said: string; next: string | null }[]
  return {
    exit,
    states: Object.fromEntries(found.map(({ check, state }) => [check, state])),
    of: (name: string) => found.find(({ check }) => check === name)!,
  }
}

describe('doctor', () => {
  test('a line for each, and what to type', async () => {
    const { exit, stdout, stderr } = await ims(['doctor'])
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    const words = stdout
      .replaceAll(mock.caFile!, 'CA')
      .replaceAll(mock.configDir, 'FOLDER')
      .replace(/valid until \S+Z/, 'valid until DATE')
      .replace(/answers in \d+ ms/, 'answers in 5 ms')
      .replaceAll(mock.url, 'URL')
    expect(words).toMatchInlineSnapshot(`
      "✔ configuration  default (FOLDER/.config/cray/configurations/default), hostname URL
      ✔ token          mock, valid
      ✔ service        IMS 3.33.0, answers in 5 ms
      ✔ certificate    of cray-ims mock CA, valid until DATE; its CA is one of CA
      ! public key     you have no public key; looked for ~/.ssh/id_ed25519.pub, ~/.ssh/id_ecdsa.pub, ~/.ssh/id_rsa.pub, and an agent's
                       Next: ssh-keygen -t ed25519
      ! SSH keys       none in ~/.ssh, and none of an agent
                       Next: ssh-keygen -t ed25519
      ! kubectl        there is no kubectl in PATH; logs, and the reasons of failures, are not shown
                       Next: kubectl auth can-i get pods/log -n ims
      ✔ S3             URL, with credentials of the gateway
      "
    `)
  })

  test('a key that the service does not know, and then knows', async () => {
    mkdirSync(join(folder.path, '.ssh'), { mode: 0o700 })
    makeKey(join(folder.path, '.ssh/id_ed25519'))
    const before = await doctor()
    const unknown = before.of('public key')
    expect(unknown).toMatchObject({ state: 'warning', said: 'the service does not know ~/.ssh/id_ed25519.pub; build uploads it' })
    const line = unknown.next!.replace(/^cray-ims /, '')
    const typed = ['-c', `exec "$0" "$1" ${line} --quiet`, process.execPath, join(import.meta.dirname, '../../bin/cray-ims.js')]
    expect(await run(typed, { cwd: folder.path, env: env(), command: ['/bin/sh'] })).toMatchObject({ exit: 0 })
    const then = await doctor()
    expect([then.of('public key').state, before.of('SSH keys').said, then.of('SSH keys').state]).toEqual([
      'ok',
      '~/.ssh/id_ed25519 is not known to the service',
      'ok',
    ])
    expect(then.of('SSH keys').said).toMatch(/^~\/\.ssh\/id_ed25519 is ".* public key"$/)
  })

  test('a service that does not answer, and one whose certificate is not trusted', async () => {
    const text = readFileSync(configuration, 'utf8')
    writeFileSync(configuration, text.replaceAll(mock.url, `https://127.0.0.1:${await closedPort()}`))
    try {
      const { exit, states } = await doctor()
      expect({ exit, states }).toMatchObject({
        exit: 1,
        states: {
          configuration: 'ok',
          service: 'failed',
          certificate: 'skipped',
          'public key': 'skipped',
          'SSH keys': 'skipped',
          S3: 'skipped',
        },
      })
    } finally {
      writeFileSync(configuration, text)
    }
    writeFileSync(configuration, text.replace(/^.*ca_file.*$/m, ''))
    const untrusted = await doctor({ SSL_CERT_FILE: '' })
    writeFileSync(configuration, text)
    expect(untrusted.exit).toBe(1)
    expect(untrusted.of('service')).toMatchObject({ state: 'failed', said: expect.stringContaining('certificate not trusted') })
  })

  test('no configuration', async () => {
    const { exit, states, of } = await doctor({ CRAY_CONFIG_DIR: join(folder.path, 'none') })
    expect({ exit, states }).toEqual({
      exit: 1,
      states: {
        configuration: 'failed',
        token: 'skipped',
        service: 'skipped',
        certificate: 'skipped',
        'public key': 'skipped',
        'SSH keys': 'skipped',
        kubectl: 'warning',
        S3: 'skipped',
      },
    })
    expect(of('configuration').next).toBe('cray-ims init')
  })
})

describe('auth status and logout', () => {
  const end = () => Math.floor(Date.now() / 1000) + 3600

  test.each([
    ['valid', { expires_at: end() }, 0, { state: 'valid', renewable: false }],
    ['expired', { expires_at: 1000 }, 1, { state: 'expired', renewable: false, expires: '1970-01-01T00:16:40.000Z' }],
    ['expired, but can be renewed', { expires_at: 1000, refresh_token: 'r' }, 0, { state: 'expired', renewable: true }],
  ])('status: %s', async (_, more, exit, wanted) => {
    const file = join(folder.path, 'token')
    writeFileSync(file, JSON.stringify({ access_token: 'secret', ...more }), { mode: 0o600 })
    const outcome = await ims(['auth', 'status', '--token', file, '--format', 'json'])
    expect(outcome).toMatchObject({ exit, stderr: '' })
    expect(JSON.parse(outcome.stdout)).toMatchObject({ ...wanted, token_file: file, username: null })
    expect(outcome.stdout).not.toContain('secret')
  })

  test('logout removes the token, once', async () => {
    expect(await ims(['auth', 'logout'])).toEqual({ exit: 0, stdout: '', stderr: `Logged out: mock at ${mock.url}\n` })
    const status = await ims(['auth', 'status', '--query', 'state'])
    expect(status).toMatchObject({ exit: 1, stdout: expect.stringContaining('missing') })
    expect((await ims(['auth', 'logout'])).stderr).toBe(`There is no token to remove: mock at ${mock.url}\n`)
    const { exit, of } = await doctor()
    expect(exit).toBe(1)
    expect(of('token')).toEqual({ check: 'token', state: 'failed', said: 'mock has no token', next: 'cray-ims auth login' })
  })
})
