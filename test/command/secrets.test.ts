import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startMock, type RunningMock } from '../support/mock.ts'
import { serveProxy } from '../support/proxy.ts'
import { command, executable, run } from '../support/program.ts'

let password: string
let folder: string
let mock: RunningMock
let env: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  mock = await startMock(['--tls'])
  password = mock.token
  mkdirSync(join(folder, '.config/cray/configurations'), { recursive: true })
  writeFileSync(
    join(folder, '.config/cray/configurations/default'),
    `[core]\nhostname = "${mock.url.replace('//', '//user:HOST-SECRET@')}"\n`,
  )
  env = { PATH: process.env.PATH!, HOME: folder, CRAY_CONFIG_DIR: folder, CRAY_IMS_CA_FILE: mock.caFile! }
})
afterAll(async () => {
  await mock.stop()
  rmSync(folder, { recursive: true, force: true })
})

const tokenFile = () => join(folder, `.config/cray/tokens/${new URL(mock.url).host.replace(/[.-]/g, '_')}.jane`)

test('no secret is on stdout or stderr, however much is logged', async () => {
  const login = await run(['auth', 'login', '--username', 'jane', '-vvvv'], { cwd: folder, env, stdin: `${password}\n` })
  expect(login).toMatchObject({ exit: 0, stdout: 'Success!\n\n' })
  expect(login.stderr).toContain('POST')
  const kept = JSON.parse(readFileSync(tokenFile(), 'utf8')) as { access_token: string; refresh_token: string }
  expect(statSync(tokenFile()).mode & 0o777).toBe(0o600)

  writeFileSync(tokenFile(), JSON.stringify({ ...kept, expires_at: 1 }))
  const refreshed = await run(['jobs', 'list', '-vvvv'], { cwd: folder, env })
  expect(refreshed).toMatchObject({ exit: 0, stdout: 'results = []\n\n' })
  expect(refreshed.stderr).toContain('GET')
  const fresh = JSON.parse(readFileSync(tokenFile(), 'utf8')) as typeof kept
  expect(fresh.access_token).not.toBe(kept.access_token)

  const wrong = await run(['auth', 'login', '--username', 'jane', '--password', 'wrong', '-vvvv'], { cwd: folder, env })
  expect(wrong.exit).toBe(2)

  const all = [login, refreshed, wrong].flatMap(({ stdout, stderr }) => [stdout, stderr]).join('\n')
  for (const secret of [password, 'HOST-SECRET', kept.access_token, kept.refresh_token, fresh.access_token, fresh.refresh_token]) {
    expect(all.includes(secret), 'a secret was printed').toBe(false)
  }
})

test('no secret is in what Node itself logs of requests', async () => {
  const logged = { ...env, NODE_DEBUG: '*' }
  await run(['auth', 'login', '--username', 'jane', '--password', password], { cwd: folder, env })
  const kept = JSON.parse(readFileSync(tokenFile(), 'utf8')) as { access_token: string; refresh_token: string }
  // A proxy that isn't there is asked for the certificate of a server that isn't trusted, too.
  const proxy = await serveProxy()
  try {
    const through = { ...logged, HTTPS_PROXY: proxy.url.replace('//', '//user:PROXY-SECRET@'), NO_PROXY: '', no_proxy: '' }
    const outcomes = await Promise.all([
      run(['jobs', 'list'], { cwd: folder, env: logged }),
      run(['auth', 'login', '--username', 'joe', '--password', password], { cwd: folder, env: logged }),
      run(['jobs', 'list'], { cwd: folder, env: through }),
      run(['jobs', 'list'], { cwd: folder, env: { ...through, CRAY_IMS_CA_FILE: '' } }),
    ])
    expect(outcomes.map(({ exit }) => exit)).toEqual([0, 0, 0, 2])
    const all = outcomes.map(({ stderr }) => stderr).join('\n')
    // The executable logs nothing of them.
    expect(/^HTTPS? \d+: /m.test(all)).toBe(command[0] !== executable)
    for (const secret of [
      password,
      'HOST-SECRET',
      'PROXY-SECRET',
      Buffer.from('user:HOST-SECRET').toString('base64'),
      Buffer.from('user:PROXY-SECRET').toString('base64'),
      kept.access_token,
      kept.refresh_token,
    ]) {
      expect(all.includes(secret), 'a secret was printed').toBe(false)
    }
  } finally {
    await proxy.close()
  }
})

test('ten processes that find the token expired refresh it once, and all go on', async () => {
  await run(['auth', 'login', '--username', 'jane', '--password', password], { cwd: folder, env })
  const kept = JSON.parse(readFileSync(tokenFile(), 'utf8')) as Record<string, unknown>
  writeFileSync(tokenFile(), JSON.stringify({ ...kept, expires_at: 1 }))
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => run(['jobs', 'list', '-v'], { cwd: folder, env })))
  expect(outcomes.map(({ exit }) => exit)).toEqual(Array(10).fill(0))
  const refreshes = outcomes.filter(({ stderr }) => stderr.includes('/openid-connect/token'))
  expect(refreshes).toHaveLength(1)
  expect(statSync(tokenFile()).mode & 0o777).toBe(0o600)
})
