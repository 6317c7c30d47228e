import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { complete } from '../../src/cli/completion.ts'
import type { Io } from '../../src/terminal/io.ts'
import { makeCa, makeServerCertificate } from '../support/certificates.ts'
import { serveHttp, serveSocket, type Loopback } from '../support/loopback.ts'

const id = '11111111-0000-4000-8000-000000000000'
const list = JSON.stringify([{ id, name: 'compute', arch: 'x86_64', created: '2026-06-01T00:00:00' }])
const begun = Date.parse('2026-06-10T00:00:00Z')

let folder: string
let cray: string
let server: Loopback
let secure: Loopback
let answer: { status: number; body: string }
let asked: { authorization: string | undefined; tenant: unknown; path: string | undefined }[]
let now = begun

beforeAll(async () => {
  const listener: Parameters<typeof serveHttp>[0] = ({ headers, url }, response) => {
    asked.push({ authorization: headers.authorization, tenant: headers['cray-tenant-name'], path: url })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  }
  const ca = await makeCa('completion')
  server = await serveHttp(listener)
  secure = await serveHttp(listener, await makeServerCertificate({ ca }))
  folder = mkdtempSync(join(tmpdir(), 'cray-ims-completion-'))
  writeFileSync(join(folder, 'ca.pem'), ca.cert)
})

afterAll(async () => {
  await Promise.all([server.close(), secure.close()])
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(() => {
  cray = join(folder, '.config/cray')
  rmSync(cray, { recursive: true, force: true })
  for (const name of ['configurations', 'tokens']) mkdirSync(join(cray, name), { recursive: true })
  answer = { status: 200, body: list }
  asked = []
  now = begun
  configure('default', `hostname = "${withPassword('jane')}"`)
})

const withPassword = (user: string) => server.url.replace('//', `//${user}:secret@`)
const configure = (name: string, ...lines: string[]) =>
  writeFileSync(join(cray, 'configurations', name), ['[core]', ...lines, ''].join('\n'))
const loggedIn = (token: object, hostname = secure.url) => {
  configure('default', `hostname = "${hostname}"`, `ca_file = "${join(folder, 'ca.pem')}"`, '[auth.login]', 'username = "jane"')
  writeFileSync(join(cray, 'tokens', '127_0_0_1:PORT.jane'.replace('PORT', new URL(hostname).port)), JSON.stringify(token))
}
const cacheFiles = () => {
  try {
    return readdirSync(join(cray, 'ims_completions'))
  } catch {
    return []
  }
}

/** What is offered for a line's end; time passes only where a test says so. */
async function ask(
  line: string,
  { env = {}, sleep = () => new Promise<void>(() => {}) }: { env?: object; sleep?: () => Promise<void> } = {},
) {
  let stdout = ''
  const io = {
    env: { HOME: folder, ...env },
    cwd: folder,
    stdout: { write: async (text: string) => void (stdout += text) },
    now: () => now,
    monotonic: () => 0,
    sleep,
  } as unknown as Io
  expect(await complete(io, ['zsh', '', ...`cray-ims ${line}`.split(' ')], '1.0')).toBe(0)
  return stdout
}

const offered = `${id}\tcompute, x86_64, 9d\n`

test('the service is asked once a minute, and what it said is kept for the user alone', async () => {
  expect(await ask('images describe ')).toBe(offered)
  expect(await ask('images describe com')).toBe('compute\t11111111, x86_64, 9d\n')
  expect(asked).toHaveLength(1)
  const [file] = cacheFiles()
  expect(statSync(join(cray, 'ims_completions', file!)).mode & 0o777).toBe(0o600)
  expect(statSync(join(cray, 'ims_completions')).mode & 0o777).toBe(0o700)
  expect(readFileSync(join(cray, 'ims_completions', file!), 'utf8')).not.toContain('secret')
  now = begun + 60_001
  await ask('images describe ')
  expect(asked).toHaveLength(2)
  // A clock that was set back.
  now = begun
  await ask('images describe ')
  expect(asked).toHaveLength(3)
})

test('where a word may be of two kinds, both are kept', async () => {
  for (let times = 0; times < 2; times++) expect(await ask('jobs create --artifact-id ')).toBe(offered + offered)
  expect(asked.map(({ path }) => path).sort()).toEqual(['/apis/ims/v3/images', '/apis/ims/v3/recipes'])
})

test('what one user, tenant or gateway sees is not shown to another', async () => {
  configure('joe', `hostname = "${withPassword('joe')}"`)
  configure('tenant', `hostname = "${withPassword('jane')}"`, 'tenant = "blue"')
  await ask('images describe ')
  answer = { status: 200, body: '[]' }
  for (const name of ['joe', 'tenant']) expect(await ask(`--configuration ${name} images describe `)).toBe('')
  expect(asked.map(({ tenant }) => tenant)).toEqual([undefined, undefined, 'blue'])
  expect(await ask('images describe ')).toBe(offered)
  expect(cacheFiles()).toHaveLength(3)
})

test.each([
  ['junk', 'x'],
  ['nothing', ''],
  ['another shape', JSON.stringify({ at: begun, records: [{ id: 7 }, null] })],
  ['no list', JSON.stringify({ at: begun, records: {} })],
])('a file that holds %s counts as none', async (_, text) => {
  await ask('images describe ')
  writeFileSync(join(cray, 'ims_completions', cacheFiles()[0]!), text)
  expect(await ask('images describe ')).toBe(offered)
  expect(asked).toHaveLength(2)
})

test('what a link in place of that file names stays as it is', async () => {
  await ask('images describe ')
  const file = join(cray, 'ims_completions', cacheFiles()[0]!)
  const other = join(folder, 'other')
  writeFileSync(other, 'mine')
  rmSync(file)
  symlinkSync(other, file)
  expect(await ask('images describe ')).toBe(offered)
  expect(readFileSync(other, 'utf8')).toBe('mine')
})

test.skipIf(process.getuid?.() === 0)('a folder that cannot be written costs nothing but the cache', async () => {
  chmodSync(cray, 0o500)
  expect(await ask('images describe ')).toBe(offered)
  chmodSync(cray, 0o700)
})

describe('a token', () => {
  test('is sent as it is', async () => {
    loggedIn({ access_token: 'good', expires_at: begun / 1000 + 60 })
    expect(await ask('images describe ')).toBe(offered)
    expect(asked).toMatchObject([{ authorization: 'Bearer good', path: '/apis/ims/v3/images' }])
  })

  test.each([
    ['has expired', { access_token: 'old', refresh_token: 'r', expires_at: begun / 1000 - 60 }],
    ['is none', {}],
  ])('that %s is neither sent nor renewed', async (_, token) => {
    loggedIn(token)
    const before = readdirSync(join(cray, 'tokens'))
    expect(await ask('images describe ')).toBe('')
    expect(asked).toEqual([])
    expect(readdirSync(join(cray, 'tokens'))).toEqual(before)
  })

  test('that is refused is not renewed', async () => {
    loggedIn({ access_token: 'refused', refresh_token: 'r' })
    answer = { status: 401, body: '{}' }
    expect(await ask('images describe ')).toBe('')
    expect(asked).toHaveLength(1)
  })

  test('is not sent to a server that is not verified, also with --insecure, nor over plain HTTP', async () => {
    loggedIn({ access_token: 'good' })
    configure('default', `hostname = "${secure.url}"`, 'insecure = true', '[auth.login]', 'username = "jane"')
    expect(await ask('--insecure images describe ', { env: { CRAY_IMS_INSECURE: '1' } })).toBe('')
    loggedIn({ access_token: 'good' }, server.url)
    expect(await ask('images describe ')).toBe('')
    expect(asked).toEqual([])
  })

  test('is not read from a pipe', async () => {
    expect(await ask('--token /dev/stdin images describe ')).toBe('')
    expect(asked).toEqual([])
  })

  test('of a file that is named counts by what is in it', async () => {
    loggedIn({ access_token: 'good' })
    const file = join(folder, 'token')
    writeFileSync(file, JSON.stringify({ access_token: 'one' }))
    await ask('--token token images describe ')
    writeFileSync(file, JSON.stringify({ access_token: 'two' }))
    await ask('--token ~/token images describe ')
    expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer one', 'Bearer two'])
  })
})

describe('nothing is said, and nothing kept', () => {
  test.each([
    ['an error', { status: 503, body: 'busy' }],
    ['no list', { status: 200, body: '{}' }],
    ['no JSON', { status: 200, body: '[{' }],
  ])('of an answer that is %s', async (_, wrong) => {
    answer = wrong
    expect(await ask('images describe ')).toBe('')
    expect(asked).toHaveLength(1)
    expect(cacheFiles()).toEqual([])
  })

  test('of a server that never answers', async () => {
    const silent = await serveSocket(() => {})
    configure('default', `hostname = "${silent.url.replace('//', '//jane:secret@')}"`)
    // Time is up as soon as there is a connection.
    const sleep = async () => {
      while (silent.connections() === 0) await new Promise((done) => setImmediate(done))
    }
    expect(await ask('images describe ', { sleep })).toBe('')
    expect(cacheFiles()).toEqual([])
    await silent.close()
  })

  test.each([
    ['no configuration', 'gone', ''],
    ['a broken one', 'default', 'x['],
    ['one without a hostname', 'default', '[core]\n'],
  ])('of %s', async (_, name, text) => {
    writeFileSync(join(cray, 'configurations/default'), text)
    expect(await ask(`--configuration ${name} images describe `)).toBe('')
  })

  test.each(['', 'images', 'frob images describe '])('of the line %j', async (line) => expect(await ask(line)).toBe(''))
})

test('configurations are those of the folder', async () => {
  configure('other', '')
  symlinkSync('nowhere', join(cray, 'configurations/link'))
  expect(await ask('config use ')).toBe('default\t\nother\t\n')
})
