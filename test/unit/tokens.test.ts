import { spawn } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'rolldown'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readConfiguration } from '../../src/config/configuration.ts'
import { saveToken } from '../../src/config/save-token.ts'
import { isExpired, readToken, tokenPath, tokenToKeep } from '../../src/config/tokens.ts'
import { CliError } from '../../src/errors.ts'
import { authorization } from '../../src/ims/authorization.ts'
import { TransportError } from '../../src/http/transport-error.ts'
import { requestToken } from '../../src/ims/oauth.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../src/http/transport.ts'

const now = 1_700_000_000_000

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tokens-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function failureOf(act: () => unknown): Promise<CliError> {
  try {
    await act()
  } catch (error) {
    if (error instanceof CliError) return error
    throw error
  }
  throw new Error('it did not fail')
}

function answers(...bodies: (object | string | Error)[]): { transport: Transport; requests: HttpRequest[] } {
  const requests: HttpRequest[] = []
  return {
    requests,
    async transport(request): Promise<HttpResponse> {
      requests.push(request)
      const body = bodies.shift() ?? new Error('no more answers')
      if (body instanceof Error) throw body
      return {
        status: 'error' in Object(body) ? 400 : 200,
        reason: 'R',
        headers: {},
        body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      }
    },
  }
}

describe('the file of a token', () => {
  test.each([
    ['https://api-gw-service-nmn.local', 'jane.doe', 'api_gw_service_nmn_local.jane_doe'],
    ['api.site:8443/prefix/x?q=1', 'jane', 'api_site:8443.jane'],
    ['HTTPS://127.0.0.1:99/', 'a-b', '127_0_0_1:99.a-b'],
  ])('for %s and %s', (hostname, user, name) => {
    expect(tokenPath({ HOME: '/h' }, hostname, user)).toBe(`/h/.config/cray/tokens/${name}`)
  })
  test('is never outside its folder', async () => {
    expect((await failureOf(() => tokenPath({ HOME: '/h' }, 'h', '../../x'))).message).toContain('has a slash')
  })
  test.each([
    ['not json SECRET', 'Unable to open token file, is it valid JSON?', 'is not JSON'],
    ['', 'Unable to open token file, is it valid JSON?', 'is empty'],
    ['[1]', 'Unable to open token file, is it valid JSON?', 'holds a list, not a token'],
    ['{"refresh_token": "SECRET"}', 'Unable to open token file, is it valid JSON?', 'has no access_token'],
    ['{"access_token": "SECRET", "token_type": "mac"}', 'is of type "mac", not Bearer', ''],
  ])('that is no token: %j', async (text, message, more) => {
    const file = join(home, 'token')
    writeFileSync(file, text)
    const failure = await failureOf(() => readToken(file, true))
    expect(failure.message).toContain(message)
    expect(failure.more.join()).toContain(more)
    expect(failure.message + failure.more.join()).toContain(file)
    expect(failure.message + failure.more.join()).not.toContain('SECRET')
  })
  test('that is missing matters where it was named', async () => {
    const file = join(home, 'none')
    expect(readToken(file, false)).toBeUndefined()
    expect((await failureOf(() => readToken(file, true))).more).toEqual([`${file}: no such file`])
    writeFileSync(file, '\ufeff{}')
    expect(readToken(file, true)).toBeUndefined()
  })
  test('is written with 0600 through a symbolic link', () => {
    const link = join(home, 'link')
    symlinkSync('target', link)
    writeFileSync(join(home, 'target'), '{}', { mode: 0o644 })
    saveToken(link, { access_token: 'A' })
    expect(readFileSync(join(home, 'target'), 'utf8')).toBe('{"access_token":"A"}')
    expect(statSync(join(home, 'target')).mode & 0o777).toBe(0o600)
  })
})

test.each([
  [undefined, false],
  [now / 1000 + 1, false],
  [now / 1000 - 1, true],
  [String(now / 1000 - 1), true],
  ['', false],
  ['soon', false],
  [null, false],
])('expires_at %j: expired %j', (end, expired) => {
  expect(isExpired({ access_token: 'A', expires_at: end as number }, now)).toBe(expired)
})

test('what is kept of an answer', () => {
  const before = { client_id: 'other', refresh_token: 'old' }
  expect(tokenToKeep({ access_token: 'A', expires_in: 300, scope: 'email  profile' }, now + 500, before)).toEqual({
    access_token: 'A',
    expires_in: 300,
    scope: ['email', 'profile'],
    expires_at: now / 1000 + 300.5,
    client_id: 'other',
    refresh_token: 'old',
  })
  expect(tokenToKeep({ access_token: 'A', refresh_token: 'new' }, now, before)).toEqual({
    access_token: 'A',
    client_id: 'other',
    refresh_token: 'new',
  })
  expect(tokenToKeep({ access_token: 'A' }, now)).toEqual({ access_token: 'A', client_id: 'shasta' })
})

test.each<[unknown, number | undefined]>([
  [300, 300],
  [0, 0],
  ['300', 300],
  [1.9, 1],
  [-1, undefined],
  [Number.NaN, undefined],
  [Infinity, undefined],
  [1e12, undefined],
  ['', undefined],
  ['soon', undefined],
  [null, undefined],
  [true, undefined],
  [[], undefined],
])('an expires_in of %j is %j seconds', (said, seconds) => {
  const { expires_at: end } = tokenToKeep({ access_token: 'A', expires_in: said as number }, now)
  expect(end).toBe(seconds === undefined ? undefined : now / 1000 + seconds)
})

describe('a login', () => {
  const credentials = { username: 'u', password: 'p&=' }
  const attempt = (transport: Transport, hostname = 'h.site/prefix/x') => requestToken({ hostname, transport, now: () => now }, credentials)

  test('asks the token server for a token', async () => {
    const { transport, requests } = answers({ access_token: 'A', expires_in: 1 })
    const token = await requestToken({ hostname: 'h.site/prefix/x', transport, now: () => now }, { ...credentials, rsaToken: '99' })
    expect(token).toEqual({ access_token: 'A', expires_in: 1, expires_at: now / 1000 + 1, client_id: 'shasta' })
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: new URL('https://h.site/prefix/keycloak/realms/shasta/protocol/openid-connect/token'),
        headers: expect.objectContaining({
          authorization: 'Basic c2hhc3RhOg==',
          'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
        }),
        body: 'grant_type=password&username=u&password=p%26%3D&rsa_username=u&rsa_otp=99',
      },
    ])
  })
  test.each([
    [{ error: 'invalid_grant', error_description: 'Invalid user credentials' }, 'Invalid Credentials', 'Invalid user credentials'],
    [{ error: 'unauthorized_client' }, 'Invalid Credentials', 'unauthorized_client'],
    ['<html>', 'Invalid Credentials', 'HTTP 200 R'],
    [{}, 'Invalid Credentials', 'HTTP 200 R'],
    [{ error: 'weird', error_description: 'Strange thing' }, 'Strange thing', 'weird'],
    [{ error: 'weird' }, 'Unable to login!', 'weird'],
    [{ access_token: 5 }, 'Unable to login!', 'with JSON whose access_token is not text'],
    [{ access_token: { a: 1 } }, 'Unable to login!', 'with JSON whose access_token is not text'],
    [{ access_token: 'a\nb' }, 'Unable to login!', 'with JSON whose access_token has characters that no token has'],
    [{ access_token: 'é' }, 'Unable to login!', 'with JSON whose access_token has characters that no token has'],
    [{ access_token: 'A', refresh_token: ['R'] }, 'Unable to login!', 'with JSON whose refresh_token is not text'],
    [[], 'Invalid Credentials', 'without a token'],
    ['null', 'Invalid Credentials', 'without a token'],
    [new TransportError('refused', { sent: false }), 'Unable to login!', 'connection refused'],
    [new CliError('host: certificate not trusted', { more: ['tried x'] }), 'Unable to login!', 'certificate not trusted,tried x'],
  ])('%j is told', async (answer, message, more) => {
    const failure = await failureOf(() => attempt(answers(answer).transport))
    expect(failure.message).toBe(message)
    expect(failure.exit).toBe(2)
    expect(failure.more.join()).toContain(more)
  })
  test('takes no token that fits into no header', async () => {
    const failure = await failureOf(() => attempt(answers({ access_token: 'a'.repeat(65_537) }).transport))
    expect(failure).toMatchObject({
      message: 'Unable to login!',
      more: ['h.site/prefix/x answered HTTP 200 R, with JSON whose access_token is longer than 64 KiB'],
    })
  })
  test('names the hostname without its password', async () => {
    const failure = await failureOf(() => attempt(answers({}).transport, 'https://u:SECRET@h.site/?token=SECRET'))
    expect(failure.more).toEqual(['https://…@h.site/ answered HTTP 200 R, without a token'])
  })
  test('sends no password over http', async () => {
    const { transport, requests } = answers({ access_token: 'A' })
    expect((await failureOf(() => attempt(transport, 'http://h.site'))).message).toBe('Unable to login!')
    expect(requests).toEqual([])
  })
})

describe('the Authorization header', () => {
  function set(hostname: string, token: object, bodies: Parameters<typeof answers> = [], sleep?: () => Promise<void>) {
    const path = join(home, '.config/cray/tokens', `h_site.jane`)
    mkdirSync(dirname(path), { recursive: true })
    mkdirSync(join(home, '.config/cray/configurations'), { recursive: true })
    writeFileSync(path, JSON.stringify(token))
    writeFileSync(join(home, '.config/cray/configurations/default'), `[core]\nhostname = "${hostname}"\n[auth.login]\nusername = "jane"\n`)
    const { transport, requests } = answers(...bodies)
    const env = { HOME: home }
    const logged: string[] = []
    const give = authorization({
      env,
      configuration: readConfiguration(env),
      cwd: home,
      transport,
      now: () => now,
      sleep,
      log: (_, line) => logged.push(line),
    })
    return { path, give, requests, logged, saved: () => JSON.parse(readFileSync(path, 'utf8')) as object }
  }
  const old = { access_token: 'OLD', refresh_token: 'RT', expires_at: now / 1000 - 100, client_id: 'mine' }

  test('of a token that is good', async () => {
    const { give, requests } = set('h.site', { access_token: 'A' })
    expect(await give()).toBe('Bearer A')
    expect(await give(true)).toBeUndefined()
    expect(requests).toEqual([])
  })
  test('of an empty token file is none', async () => {
    expect(await set('h.site', {}).give()).toBeUndefined()
  })
  test.each([{ access_token: 'A' }, {}])('is refused over http, of whatever token: %j', async (token) => {
    expect((await failureOf(() => set('http://h.site', token).give())).message).toBe(
      "You've configured your cray hostname with http. Please reconfigure for https.",
    )
  })
  test('of one that expired is renewed, and kept', async () => {
    const { give, requests, saved, path } = set('h.site', old, [{ access_token: 'NEW', expires_in: 300 }])
    expect(await give()).toBe('Bearer NEW')
    expect(await give()).toBe('Bearer NEW')
    expect(requests.map(({ body }) => body)).toEqual(['grant_type=refresh_token&client_id=mine&refresh_token=RT'])
    expect(saved()).toEqual({ access_token: 'NEW', expires_in: 300, expires_at: now / 1000 + 300, client_id: 'mine', refresh_token: 'RT' })
    expect(readdirSync(dirname(path))).toEqual(['h_site.jane'])
  })
  test('of one that was renewed, but could not be kept, is used as long as it is good', async () => {
    const { give, requests, saved, path, logged } = set('h.site', old, [
      { access_token: 'NEW', expires_in: 300, refresh_token: 'RT2' },
      { access_token: 'NEWER', expires_in: 300 },
    ])
    // A folder that others can write: what is there is read, but not written.
    const elsewhere = join(home, 'elsewhere')
    renameSync(path, elsewhere)
    symlinkSync(elsewhere, path)
    chmodSync(dirname(path), 0o777)
    expect([await give(), await give()]).toEqual(['Bearer NEW', 'Bearer NEW'])
    expect(requests).toHaveLength(1)
    expect(logged.filter((line) => line.startsWith('Warning: '))).toEqual([
      expect.stringMatching(/^Warning: the new token isn't kept, .*: .*h_site\.jane can't be written: it is a symbolic link /),
    ])
    expect(await give(true)).toBe('Bearer NEWER')
    expect(requests.at(-1)!.body).toContain('refresh_token=RT2')
    expect(saved()).toEqual(old)
  })
  test('that the server refused is renewed, unless another process has done so', async () => {
    const { give, requests, path } = set('h.site', { ...old, expires_at: now }, [
      { access_token: 'NEW', refresh_token: 'RT2' },
      { access_token: 'NEWER' },
    ])
    expect(await give()).toBe('Bearer OLD')
    expect(await give(true)).toBe('Bearer NEW')
    saveToken(path, { access_token: 'OTHER', refresh_token: 'RT3' })
    expect(await give(true)).toBe('Bearer OTHER')
    expect(requests).toHaveLength(1)
  })
  test('of a session that is over is the error', async () => {
    const refused = set('h.site', old, [{ error: 'invalid_grant' }])
    const failure = await failureOf(() => refused.give())
    expect(failure.message).toMatch(/^Your session has expired, please run:/)
    expect(failure.more[0]).toMatch(/^ {2}jane, expired [\d :-]+; refresh refused \(invalid_grant\)$/)
    expect(refused.saved()).toEqual(old)
    const { refresh_token: _, ...without } = old
    const lacking = set('h.site', without)
    expect((await failureOf(() => lacking.give())).message).toMatch(/^Your session has expired, please run:/)
    expect(lacking.requests).toEqual([])
  })
  test('of a session that another machine has just renewed is its', async () => {
    // Its refresh token is taken once, and by the clock of this machine the new token has expired, too.
    const { path, give, requests } = set('h.site', old, [{ error: 'invalid_grant' }], async () =>
      saveToken(path, { access_token: 'THEIRS', refresh_token: 'RT2', expires_at: now / 1000 - 1 }),
    )
    expect(await give()).toBe('Bearer THEIRS')
    expect(requests).toHaveLength(1)
  })
  test('whose refresh token is no text can not be renewed', async () => {
    const { give, requests } = set('h.site', { ...old, refresh_token: { a: 1 } })
    expect((await failureOf(() => give())).message).toMatch(/^Your session has expired, please run:/)
    expect(requests).toEqual([])
  })
  test('of a time that no clock has', async () => {
    const { give } = set('h.site', { ...old, expires_at: -1e300 }, [{ error: 'invalid_grant' }])
    expect((await failureOf(() => give())).more[0]).toBe('  jane; refresh refused (invalid_grant)')
  })
  test.each([
    ['<html>', /did not renew the session: HTTP 200/],
    [{ access_token: 'A\n' }, /did not renew the session: HTTP 200/],
    [{ error: 'invalid_client', error_description: 'no such client' }, /did not renew the session: HTTP 400/],
    [new TransportError('refused', { sent: false }), /^Unable to connect to cray/],
  ])('of a token server that fails: %j', async (answer, message) => {
    const { give, saved } = set('h.site', old, [answer])
    expect((await failureOf(() => give())).message).toMatch(message)
    expect(saved()).toEqual(old)
  })
})

test('ten processes that find a token expired renew it once', async () => {
  let renewals = 0
  const server = createServer((_, response) => {
    renewals++
    setTimeout(() => response.end(JSON.stringify({ access_token: `NEW${renewals}`, expires_in: 300, refresh_token: `RT${renewals}` })), 100)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  const file = join(home, 't.json')
  saveToken(file, { access_token: 'OLD', refresh_token: 'RT0', expires_at: 1 })
  const script = join(home, 'give.ts')
  writeFileSync(
    script,
    `
    import { request } from 'node:http'
    import { authorization } from ${JSON.stringify(join(import.meta.dirname, '../../src/ims/authorization.ts'))}
    const transport = ({ method, headers, body }) => new Promise((resolve, reject) => {
      request({ port: ${port}, host: '127.0.0.1', method, headers }, (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve({ status: 200, reason: 'OK', headers: {}, body: Buffer.concat(chunks) }))
      }).on('error', reject).end(body)
    })
    const configuration = { name: 'default', path: '', hostname: 'https://h', core: {}, rsaRequired: false, table: () => undefined }
    console.log(await authorization({ env: {}, configuration, tokenFile: 't.json', cwd: ${JSON.stringify(home)}, transport, now: Date.now })())
  `,
  )
  await build({
    input: script,
    platform: 'node',
    output: { file: join(home, 'give.mjs'), format: 'esm', codeSplitting: false },
    logLevel: 'silent',
  })
  const said = await Promise.all(
    Array.from(
      { length: 10 },
      () =>
        new Promise<string>((done) => {
          const child = spawn(process.execPath, [join(home, 'give.mjs')])
          let text = ''
          child.stdout.on('data', (chunk) => (text += chunk))
          child.stderr.on('data', (chunk) => (text += chunk))
          child.on('close', () => done(text.trim()))
        }),
    ),
  )
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  expect(said).toEqual(Array.from({ length: 10 }, () => 'Bearer NEW1'))
  expect(renewals).toBe(1)
  expect(readToken(file, true)).toMatchObject({ access_token: 'NEW1', refresh_token: 'RT1' })
})
