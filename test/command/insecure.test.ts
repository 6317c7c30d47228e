import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeServerCertificate } from '../support/certificates.ts'
import { serveHttp, type Loopback } from '../support/loopback.ts'
import { run } from '../support/program.ts'
import { temporaryFolder } from '../support/sshd.ts'

// A server whose certificate nobody trusts, and that is for another name.
let server: Loopback
let home: ReturnType<typeof temporaryFolder>
let seen: { url: string; authorization: string | undefined }[]

beforeEach(async () => {
  home = temporaryFolder()
  seen = []
  const answer = (request: IncomingMessage) =>
    request.url!.endsWith('/token') ? { access_token: 'NEW', refresh_token: 'NEXT', expires_in: 300 } : []
  server = await serveHttp(
    (request, response) => {
      seen.push({ url: request.url!, authorization: request.headers.authorization })
      request.resume().on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer(request))))
    },
    await makeServerCertificate({ name: 'elsewhere.local' }),
  )
})
afterEach(async () => {
  await server.close()
  home.remove()
})

const file = (path: string) => join(home.path, '.config/cray', path)
const write = (path: string, text: string) => {
  mkdirSync(dirname(file(path)), { recursive: true, mode: 0o700 })
  writeFileSync(file(path), text, { mode: 0o600 })
}
const configure = (hostname = server.url, core = '') =>
  write('configurations/default', `[core]\nhostname = "${hostname}"\n${core}[auth.login]\nusername = "jane"\n`)
const tokenFile = () => `tokens/127_0_0_1:${server.port}.jane`
const giveToken = (more: object = {}) => write(tokenFile(), JSON.stringify({ access_token: 'SECRET', ...more }))
const cray = (argv: readonly string[], env: Record<string, string> = {}) =>
  run(argv, { cwd: home.path, env: { PATH: process.env.PATH!, HOME: home.path, ...env } })
const listed = { exit: 0, stdout: 'results = []\n\n' }
const warning = (what: string) => `Warning: the server is not verified (--insecure)${what}\n`
const footer = 'Next: cray-ims config set core ca_file=FILE\nOnce, unverified: add --insecure\n'

describe('--insecure on the line', () => {
  test('sends the token, and says whose', async () => {
    configure()
    giveToken()
    expect(await cray(['jobs', 'list', '--insecure'])).toEqual({ ...listed, stderr: warning(': whoever answers gets the token of jane.') })
    expect(seen).toEqual([{ url: '/apis/ims/v3/jobs', authorization: 'Bearer SECRET' }])
  })

  test('sends a token that is named, the refresh token, and a password, and says which', async () => {
    configure()
    write('t', JSON.stringify({ access_token: 'SECRET' }))
    expect((await cray(['jobs', 'list', '--insecure', '--token', file('t')])).stderr).toBe(
      warning(`: whoever answers gets the token in ${file('t')}.`),
    )
    giveToken({ refresh_token: 'R', expires_at: 1 })
    expect((await cray(['jobs', 'list', '--insecure'])).stderr).toBe(
      ['the refresh token of jane', 'the token of jane'].map((secret) => warning(`: whoever answers gets ${secret}.`)).join(''),
    )
    const login = await cray(['auth', 'login', '--username', 'joe', '--password', 'SECRET', '--insecure'])
    expect(login).toEqual({ exit: 0, stdout: 'Success!\n\n', stderr: warning(': whoever answers gets the password of joe.') })
    configure(server.url.replace('//', '//u:SECRET@'))
    write(tokenFile(), '{}')
    expect((await cray(['jobs', 'list', '--insecure'])).stderr).toBe(warning(': whoever answers gets the password of the hostname.'))
  })

  test('with nothing secret to send says only that', async () => {
    configure()
    expect(await cray(['jobs', 'list', '--insecure'])).toEqual({ ...listed, stderr: warning('.') })
  })
})

describe.each<[string, string, Record<string, string>]>([
  ['CRAY_IMS_INSECURE', '', { CRAY_IMS_INSECURE: '1' }],
  ['insecure in [core]', 'insecure = true\n', {}],
])('%s', (_, core, env) => {
  test('sends what is not secret', async () => {
    configure(server.url, core)
    expect(await cray(['jobs', 'list'], env)).toEqual({ ...listed, stderr: warning('.') })
  })

  test.each([
    ['no token', () => giveToken(), ['jobs', 'list'], 'the token of jane'],
    ['no refresh token', () => giveToken({ refresh_token: 'SECRET', expires_at: 1 }), ['jobs', 'list'], 'the refresh token of jane'],
    [
      "no hostname's password",
      () => configure(server.url.replace('//', '//u:SECRET@'), core),
      ['jobs', 'list'],
      'the password of the hostname',
    ],
  ])('sends %s: it has to be typed', async (_what, prepare, argv, secret) => {
    configure(server.url, core)
    prepare()
    const outcome = await cray(argv, env)
    expect(outcome).toMatchObject({ exit: 2, stdout: '' })
    expect(outcome.stderr).toBe(
      `Error: ${secret} is not sent to a server that is not verified\nCRAY_IMS_INSECURE and insecure in [core] do without verification only where nothing secret is sent.\n${footer}`,
    )
    expect(server.connections()).toBe(0)
    expect((await cray([...argv, '--insecure'], env)).exit).toBe(0)
  })

  test('sends no password of a login, and changes nothing', async () => {
    configure(server.url, core)
    const before = readFileSync(file('configurations/default'), 'utf8')
    const outcome = await cray(['auth', 'login', '--username', 'joe', '--password', 'SECRET'], env)
    expect(outcome).toMatchObject({ exit: 2, stdout: '' })
    expect(outcome.stderr).toContain('Error: Unable to login!\nthe password of joe is not sent to a server that is not verified\n')
    expect(outcome.stderr).toContain(footer)
    expect(outcome.stderr).not.toContain('SECRET')
    expect(server.connections()).toBe(0)
    expect(readFileSync(file('configurations/default'), 'utf8')).toBe(before)
  })
})
