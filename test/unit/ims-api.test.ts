import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { connect, type ApiOptions } from '../../src/ims/api.ts'
import { ServerError } from '../../src/ims/server-error.ts'
import { toValue } from '../../src/json/value.ts'
import { makeCa, makeServerCertificate, type Pair } from '../support/certificates.ts'
import { closedPort, serveHttp, serveSocket, type Loopback } from '../support/loopback.ts'

interface Sent {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

const undone: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const undo of undone.splice(0).reverse()) await undo()
})
async function kept<T extends Loopback>(server: Promise<T>): Promise<T> {
  const made = await server
  undone.push(() => made.close())
  return made
}

/** A server that gives one answer after the other, the last for ever. */
async function server(answers: { status?: number; headers?: Record<string, string>; body?: string }[], pair?: Pair) {
  const sent: Sent[] = []
  const made = await kept(
    serveHttp((request, response) => {
      const chunks: Buffer[] = []
      request
        .on('data', (chunk) => chunks.push(chunk))
        .on('end', () => {
          sent.push({ method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() })
          const {
            status = 200,
            headers = { 'Content-Type': 'application/json' },
            body = '[]',
          } = answers[Math.min(sent.length, answers.length) - 1]!
          response.writeHead(status, headers).end(body)
        })
    }, pair),
  )
  return { ...made, sent }
}

function api(options: ApiOptions) {
  const made = connect({ retries: 0, wellKnown: { site: [], system: [] }, brief: false, ...options })
  undone.push(() => made.close())
  return made
}
const list = { method: 'GET', path: '/apis/ims/v3/jobs' } as const
const create = { method: 'POST', path: '/apis/ims/v3/images', body: toValue({ name: 'é' }) } as const
const failureOf = (sending: Promise<unknown>): Promise<CliError> =>
  sending.then(
    () => expect.unreachable(),
    (error: CliError) => error,
  )

describe.each([false, true])('kept alive: %s', (keepAlive) => {
  test('a request is sent as the service wants it', async () => {
    const service = await server([{ body: '{"id":"x"}' }])
    const ims = api({ hostname: `http://u:p@127.0.0.1:${service.port}/prefix/x?a=b`, env: {}, keepAlive, tenant: 'blé', version: '1.2.3' })
    expect(await ims.send({ ...create, query: { c: 'd' } })).toEqual(toValue({ id: 'x' }))
    expect(service.sent).toEqual([
      { method: 'POST', url: '/prefix/apis/ims/v3/images?a=b&c=d', headers: expect.anything(), body: '{"name":"é"}' },
    ])
    expect(service.sent[0]!.headers).toMatchObject({
      'user-agent': 'cray-ims/1.2.3',
      accept: '*/*',
      'accept-encoding': 'gzip, deflate',
      'content-type': 'application/json',
      'cray-tenant-name': 'blé',
      authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
    })
  })

  test('without a body there is no content type, without a tenant no tenant', async () => {
    const service = await server([{ status: 204, body: '' }])
    const ims = api({ hostname: service.url, env: {}, keepAlive, tenant: '' })
    expect(await ims.send({ method: 'DELETE', path: '/apis/ims/v3/images/1' })).toBeUndefined()
    expect(service.sent[0]).toMatchObject({ method: 'DELETE', body: '' })
    for (const name of ['content-type', 'cray-tenant-name', 'authorization']) expect(service.sent[0]!.headers[name]).toBeUndefined()
  })
})

describe('a 401', () => {
  const refused = { status: 401, body: '{"title":"Unauthorized","detail":"no"}' }

  test('is asked again with a fresh token, a write too', async () => {
    const service = await server([refused, {}])
    const asked: (boolean | undefined)[] = []
    const ims = api({
      hostname: service.url,
      env: {},
      authorization: async (fresh) => (asked.push(fresh), fresh ? 'Bearer NEW' : 'Bearer OLD'),
    })
    await ims.send(create)
    expect(asked).toEqual([undefined, true])
    expect(service.sent.map(({ method, headers, body }) => [method, headers.authorization, body])).toEqual([
      ['POST', 'Bearer OLD', '{"name":"é"}'],
      ['POST', 'Bearer NEW', '{"name":"é"}'],
    ])
  })

  test.each([
    ['the token is the same', async () => 'Bearer T', 1],
    ['there is no other', async (fresh?: boolean) => (fresh ? undefined : 'Bearer T'), 1],
    ['there is none at all', undefined, 1],
    ['the fresh one is refused too', async (fresh?: boolean) => `Bearer ${fresh}`, 2],
  ])('is told when %s', async (_why, authorization, count) => {
    const service = await server([refused])
    const failure = await failureOf(api({ hostname: service.url, env: {}, authorization }).send(list))
    expect(failure).toBeInstanceOf(ServerError)
    expect(failure).toMatchObject({ message: 'Unauthorized: no', status: 401, next: ['auth', 'login'] })
    expect(service.sent.length).toBe(count)
  })

  test('a session that is over says so itself', async () => {
    const service = await server([refused])
    const over = new CliError('Your session has expired')
    const authorization = async (fresh?: boolean) => {
      if (fresh) throw over
      return 'Bearer T'
    }
    expect(await failureOf(api({ hostname: service.url, env: {}, authorization }).send(list))).toBe(over)
  })
})

describe('what cannot be sent', () => {
  test.each([
    ['é日', /^The tenant "é日" cannot be sent/],
    ['a\nb', /^Unable to connect to cray\. Please verify your cray hostname:/],
    [' a', /^Unable to connect to cray\./],
  ])('the tenant %j', (tenant, message) => {
    const open = () => connect({ hostname: 'http://h', env: {}, tenant })
    expect(open).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), exit: 2, next: ['config', 'set', 'core', 'tenant=NAME'] }),
    )
    try {
      open()
    } catch (error) {
      expect([(error as CliError).message, ...(error as CliError).more].join('\n')).toContain(JSON.stringify(tenant))
    }
  })

  test('a token, which is not shown', async () => {
    const failure = await failureOf(api({ hostname: 'http://h', env: {}, authorization: async () => 'Bearer SECRET\n' }).send(list))
    expect(failure.message).toMatch(/^Unable to connect to cray\./)
    expect([...failure.more, failure.message].join()).not.toContain('SECRET')
  })
})

describe('no answer', () => {
  const address = (url: string) => url.replace(/^https?:\/\//, '')

  test('refused: where, and why', async () => {
    const hostname = `http://127.0.0.1:${await closedPort()}`
    expect(await failureOf(api({ hostname, env: {} }).send(create))).toMatchObject({
      message: 'Unable to connect to cray. Please verify your cray hostname:',
      more: [
        '',
        '\tcray config get core.hostname',
        '\tcray config set core hostname=cray_hostname',
        '',
        `${address(hostname)}: connection refused (ECONNREFUSED)`,
      ],
      exit: 2,
    })
  })

  test('a write that got no answer may have happened; a read is a read', async () => {
    const { url } = await kept(serveSocket(() => {}))
    const ims = api({ hostname: url, env: {}, requestTimeout: 0.05 })
    const happened = expect.stringContaining('The POST may have been carried out all the same.')
    expect(await failureOf(ims.send(create))).toMatchObject({
      message: `${address(url)} did not answer within 0.05s`,
      more: expect.arrayContaining([happened]),
    })
    expect((await failureOf(ims.send(list))).more).not.toContainEqual(happened)
  })

  test('TLS to a port without it', async () => {
    const { url } = await server([{}])
    const { more } = await failureOf(api({ hostname: address(url), env: {} }).send(list))
    expect(more).toContainEqual(expect.stringContaining(`${address(url)}: no TLS connection could be made`))
  })

  test('interrupted: the reason, and that a write may have happened', async () => {
    for (const [request, more] of [
      [list, 0],
      [create, 1],
    ] as const) {
      const controller = new AbortController()
      const { url } = await kept(
        serveSocket((socket) => socket.once('data', () => controller.abort(new CliError('Interrupted', { exit: 130 })))),
      )
      const failure = await failureOf(api({ hostname: url, env: {}, signal: controller.signal }).send(request))
      expect(failure).toMatchObject({ message: 'Interrupted', exit: 130 })
      expect(failure.more.length).toBe(more)
      expect((await failureOf(api({ hostname: url, env: {}, signal: controller.signal }).send(request))).more).toEqual([])
    }
  })

  test('a status that is no answer', async () => {
    const service = await server([{ status: 304, body: '' }])
    expect((await failureOf(api({ hostname: service.url, env: {} }).send(list))).message).toBe(
      'Error received from server: 304 Not Modified',
    )
  })
})

test('a busy server is asked again', async () => {
  const service = await server([{ status: 503 }, { status: 503, headers: { 'Retry-After': '2' } }, { body: '[1]' }])
  const waits: number[] = []
  const lines: string[] = []
  const ims = api({
    hostname: service.url,
    env: {},
    retries: 2,
    sleep: async (wait) => void waits.push(wait),
    random: () => 0,
    log: (level, line) => void (level === 1 && lines.push(line)),
  })
  expect(await ims.send(list)).toEqual(toValue([1]))
  expect(waits).toEqual([250, 2000])
  expect(lines).toContain('HTTP 503: trying again in 2.0 s (2 of 2)')
})

test('logs never hold credentials', async () => {
  const service = await server([{ headers: { 'Set-Cookie': 'SECRET', 'X-B': 'c' }, body: '[]' }])
  const lines: [number, string][] = []
  const ims = api({
    hostname: `http://u:SECRET@127.0.0.1:${service.port}/?token=SECRET`,
    env: {},
    authorization: async () => 'Bearer SECRET',
    elapsed: () => 0,
    log: (level, line) => lines.push([level, line]),
  })
  await ims.send(create)
  const text = lines.map(([, line]) => line).join('\n')
  expect(text).not.toContain('SECRET')
  expect(lines.filter(([level]) => level === 1)).toEqual([
    [1, `POST http://127.0.0.1:${service.port}/apis/ims/v3/images?token=…: 200 OK (0 ms)`],
  ])
  expect(lines).toContainEqual([2, '> Authorization: …'])
  expect(lines).toContainEqual([2, '< x-b: c'])
  expect(lines).toContainEqual([3, '> 13 bytes'])
})

test('logs hold nothing secret of headers', async () => {
  const secrets = {
    Location: '/login?code=SECRET#SECRET',
    Link: '<https://u:SECRET@h/x?y=SECRET>; rel=next',
    'X-Api-Key': 'SECRET',
    'X-Auth-Request-User': 'SECRET',
    'X-Amz-Signature': 'SECRET',
    'X-Session': 'SECRET',
  }
  const service = await server([
    { headers: { ...secrets, 'WWW-Authenticate': 'Bearer realm="shasta"', 'X-Escape': '\x9b31m' }, body: '[]' },
  ])
  const lines: string[] = []
  await api({ hostname: service.url, env: {}, log: (_, line) => lines.push(line) }).send(list)
  const text = lines.join('\n')
  expect(text).not.toContain('SECRET')
  expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
  expect(lines).toContain('< location: /login?…')
  expect(lines).toContain('< link: <https://…@h/x?…>; rel=next')
  expect(lines).toContain('< www-authenticate: Bearer realm="shasta"')
})

describe('credentials over plain http', () => {
  const credentials = `Basic ${Buffer.from('u:p').toString('base64')}`
  test('go to this machine', async () => {
    const service = await server([{}])
    for (const host of ['127.0.0.1', 'localhost']) await api({ hostname: `http://u:p@${host}:${service.port}`, env: {} }).send(list)
    expect(service.sent.map(({ headers }) => headers.authorization)).toEqual([credentials, credentials])
  })

  test.each([
    ['a password to another machine', 'http://u:p@ims.invalid', {}, undefined],
    ['a password to one whose name looks alike', 'http://u:p@127.0.0.1.ims.invalid', {}, undefined],
    ["a library's token to another machine", 'http://ims.invalid', {}, 'Bearer T'],
    ['a password to this machine through a proxy on another', 'http://u:p@127.0.0.1:1', { http_proxy: 'http://proxy.invalid' }, undefined],
  ])('do not: %s', async (_, hostname, env, token) => {
    const failure = await failureOf(api({ hostname, env, authorization: async () => token }).send(list))
    expect(failure.message).toBe("You've configured your cray hostname with http. Please reconfigure for https.")
  })
})

describe('a server that is not verified', () => {
  const unverified = async (hostname: (port: number) => string, options: Partial<ApiOptions>) => {
    const service = await server([{}], await makeServerCertificate({ name: 'elsewhere.local' }))
    const told: (string | undefined)[] = []
    const ims = api({
      hostname: hostname(service.port),
      env: {},
      insecure: true,
      unverified: (secret) => void told.push(secret),
      ...options,
    })
    return { service, told, ims }
  }

  test.each<[string, Partial<ApiOptions>, string | undefined]>([
    ['127.0.0.1', {}, undefined],
    ['u:p@127.0.0.1', {}, 'the password of the hostname'],
    ['u:p@127.0.0.1', { authorization: async () => 'Bearer T', secret: 'the token of jane' }, 'the token of jane'],
  ])('%s: what is secret in a request is told before it is sent', async (host, options, secret) => {
    const { ims, told } = await unverified((port) => `https://${host}:${port}`, options)
    await ims.send(list)
    expect(told).toEqual([secret])
  })

  test('gets nothing where that is refused', async () => {
    const { ims, service } = await unverified((port) => `https://u:p@127.0.0.1:${port}`, {
      unverified: () => {
        throw new CliError('not so')
      },
    })
    expect(await failureOf(ims.send(list))).toMatchObject({ message: 'not so' })
    expect(service.connections()).toBe(0)
  })
})

describe('a certificate', () => {
  let folder: string
  let ca: Pair
  let path: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ims-api-'))
    ca = await makeCa('Platform CA')
    path = join(folder, 'ca.pem')
    writeFileSync(path, ca.cert)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const once = 'Once, unverified: add --insecure'
  const inAYear = new Date(Date.now() + 365 * 24 * 60 * 60 * 1000).toISOString().slice(0, 7)

  test('that is trusted, by the file the user named', async () => {
    const service = await server([{ body: '[1]' }], await makeServerCertificate({ ca }))
    expect(await api({ hostname: service.url, env: {}, caFile: path }).send(list)).toEqual(toValue([1]))
  })

  test('that is not trusted: issuer, what was tried, what to type', async () => {
    const service = await server([{}], await makeServerCertificate({ ca }))
    const other = join(folder, 'other.pem')
    writeFileSync(other, (await makeCa('Other CA')).cert)
    const missing = join(folder, 'missing.pem')
    const failure = await failureOf(
      api({ hostname: service.url, env: { SSL_CERT_FILE: other }, wellKnown: { site: [missing], system: [missing] } }).send(list),
    )
    expect(failure.message).toBe('127.0.0.1: certificate not trusted')
    expect(failure).toMatchObject({ next: ['config', 'set', 'core', 'ca_file=FILE'], footer: once })
    expect(failure.more[0]).toMatch(new RegExp(`^  issuer "Platform CA", valid to ${inAYear.slice(0, 4)}-`))
    expect(failure.more.slice(1).map((line) => line.trim().split(/ {2,}/))).toEqual([
      [`${other} (SSL_CERT_FILE)`, '1 CA, none fits'],
      [missing, 'missing'],
      [missing, 'missing'],
      ["Node's own", expect.stringMatching(/^\d+ CAs, none fits$/)],
    ])
    expect(service.sent).toEqual([])
  })

  test('that is self-signed', async () => {
    const service = await server([{}], await makeServerCertificate({}))
    expect((await failureOf(api({ hostname: service.url, env: {} }).send(create))).more[0]).toMatch(
      /^ {2}self-signed "ims server", valid to /,
    )
  })

  test('for another name', async () => {
    const service = await server([{}], await makeServerCertificate({ ca, name: 'elsewhere.local' }))
    expect(await failureOf(api({ hostname: service.url, env: {}, caFile: path }).send(list))).toMatchObject({
      message: '127.0.0.1: certificate is for another name',
      more: [
        '  expected  127.0.0.1',
        '  came      "elsewhere.local", for elsewhere.local',
        '  Another host answers there, or this is not the name that its certificate has.',
      ],
      next: ['config', 'get', 'core.hostname'],
      footer: undefined,
    })
  })

  test('for another name, and not trusted: nothing that trusts it', async () => {
    const service = await server([{}], await makeServerCertificate({ name: 'elsewhere.local;reboot' }))
    const failure = await failureOf(api({ hostname: service.url, env: {} }).send(list))
    expect(failure).toMatchObject({
      message: '127.0.0.1: certificate not trusted',
      next: ['config', 'set', 'core', 'ca_file=FILE'],
      footer: undefined,
    })
    expect(failure.more).toContain('  expected  127.0.0.1')
  })

  test('for another name, and expired: nothing that trusts it', async () => {
    const service = await server([{}], await makeServerCertificate({ ca, name: 'elsewhere.local', from: -3 }))
    const failure = await failureOf(api({ hostname: service.url, env: {}, caFile: path }).send(list))
    expect(failure).toMatchObject({ message: '127.0.0.1: certificate expired', next: 'date', footer: undefined })
    expect(failure.more).toContain('  came      "elsewhere.local", for elsewhere.local')
  })

  test('that expired', async () => {
    const service = await server([{}], await makeServerCertificate({ ca, from: -3 }))
    const failure = await failureOf(api({ hostname: service.url, env: {}, caFile: path }).send(list))
    expect(failure).toMatchObject({ message: '127.0.0.1: certificate expired', next: 'date', footer: once })
    expect(failure.more[0]).toMatch(/^ {2}"ims server" of issuer "Platform CA", valid to \d{4}-\d\d-\d\d$/)
  })

  test('is not looked at with --insecure, nor is a file of CAs', async () => {
    const service = await server([{ body: '[1]' }], await makeServerCertificate({ name: 'elsewhere.local' }))
    const warnings: string[] = []
    expect(
      await api({
        hostname: service.url,
        env: { SSL_CERT_FILE: '/no/such/file' },
        insecure: true,
        warn: (line) => warnings.push(line),
      }).send(list),
    ).toEqual(toValue([1]))
    expect(warnings).toEqual([])
  })

  test('a named file that is missing is warned of, once', async () => {
    const service = await server([{}], await makeServerCertificate({ ca }))
    const warnings: string[] = []
    const ims = api({
      hostname: service.url,
      env: { SSL_CERT_FILE: path, REQUESTS_CA_BUNDLE: '/no/such/file' },
      warn: (line) => warnings.push(line),
    })
    await ims.send(list)
    await ims.send(list)
    expect(warnings).toEqual(['Warning: REQUESTS_CA_BUNDLE: /no/such/file: missing'])
  })
})
