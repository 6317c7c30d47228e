import { get, request } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { X509Certificate } from 'node:crypto'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createMock, type MockOptions } from '../../src/mock/library.ts'
import { serveMock, type ServeOptions } from '../../src/mock/serve.ts'
import { makeCertificates } from '../../src/mock/tls.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function serving(options: MockOptions = {}, serve: ServeOptions = {}) {
  const mock = createMock({ seed: {}, ...options })
  open.push(mock.close)
  const server = await serveMock(mock, serve)
  open.push(server.close)
  return server
}

interface Got {
  status: number
  reason: string
  headers: Record<string, string | string[] | undefined>
  text: string
}

function send(url: string, options: object = {}, body?: string): Promise<Got> {
  return new Promise((done, fail) => {
    const sent = (url.startsWith('https') ? tlsRequest : request)(url, { agent: false, ...options }, async (response) => {
      try {
        let text = ''
        for await (const chunk of response) text += chunk
        done({ status: response.statusCode!, reason: response.statusMessage!, headers: response.headers, text })
      } catch (error) {
        fail(error)
      }
    })
    sent.on('error', fail)
    sent.end(body)
  })
}

describe('the server', () => {
  it('serves the API on loopback, with the service’s reason phrases', async () => {
    const { url } = await serving()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const made = await send(
      `${url}/apis/ims/v3/images`,
      { method: 'POST', headers: { 'Content-Type': 'application/json' } },
      '{"name":"né"}',
    )
    expect(made).toMatchObject({ status: 201, reason: 'CREATED', headers: { 'content-type': 'application/json' } })
    const { id } = JSON.parse(made.text)
    expect((await send(`${url}/apis/ims/v3/images/${id}`)).text).toContain('"name":"n\\u00e9"')
    const gone = await send(`${url}/apis/ims/v3/jobs?age=1d&status=error`, { method: 'DELETE' })
    expect(gone).toMatchObject({ status: 204, reason: 'NO CONTENT', text: '' })
    expect(gone.headers['content-length']).toBeUndefined()
    expect((await send(`${url}/apis/ims/v3/jobs?status=x`, { method: 'DELETE' })).status).toBe(400)
  })

  it('resets a connection', async () => {
    const { url } = await serving({ faults: ['* /jobs reset'] })
    await expect(send(`${url}/apis/ims/v3/jobs`)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('breaks off in the middle of a body that it announced whole', async () => {
    const { url } = await serving({ seed: { images: [{ name: 'i' }] }, faults: ['* /images truncate'] })
    const received = await new Promise<{ announced: number; got: number }>((done) => {
      get(`${url}/apis/ims/v3/images`, { agent: false }, (response) => {
        let got = 0
        response.on('data', (chunk: Buffer) => (got += chunk.length))
        response.on('error', () => {})
        response.on('close', () => done({ announced: Number(response.headers['content-length']), got }))
      })
    })
    expect(received.got).toBeGreaterThan(0)
    expect(received.got).toBeLessThan(received.announced)
  })

  it('says what to do when the port is taken', async () => {
    const { url } = await serving()
    await expect(serving({}, { port: Number(new URL(url).port) })).rejects.toMatchObject({
      message: expect.stringContaining("Can't listen on port"),
      more: ['Something else listens there.'],
      next: ['mock'],
    })
  })

  it('drops idle connections when it closes', async () => {
    const { url, close } = await serving()
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const gone = new Promise((done) => socket.once('close', done))
    await new Promise((connected) => socket.once('connect', connected))
    socket.resume().on('error', () => {})
    await close()
    await gone
  })
})

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

describe('a mock with a token', () => {
  const token = 'f00d'.repeat(16)
  const cluster = { handle: async () => new Response('cluster') }
  const paths = ['/apis/ims/v3/images', '/apis/ims/version', '/apis/ims/healthz/live', '/none', '/api/v1/pods', '/version', '/']

  it.each([
    ['nothing', undefined],
    ['another token', `Bearer ${'f00e'.repeat(16)}`],
    ['an empty one', 'Bearer '],
    ['the beginning of it', `Bearer ${token.slice(0, -1)}`],
    ['a user without', basic(token, '')],
    ['another password', basic('mock', 'wrong')],
    ['another scheme', `Digest ${token}`],
  ])('gives nobody anything for %s', async (_, authorization) => {
    const { url } = await serving({ token }, { token, kubernetes: cluster })
    for (const path of paths) {
      const { status, text } = await send(url + path, { headers: authorization === undefined ? {} : { authorization } })
      expect([path, status, text]).toEqual([path, 401, expect.stringMatching(/^Jwt |"message":"Unauthorized"/)])
    }
    const made = await send(
      `${url}/apis/ims/v3/public-keys`,
      { method: 'POST', headers: { 'Content-Type': 'application/json' } },
      '{"name":"k","public_key":"ssh-ed25519 AAAA"}',
    )
    expect(made.status).toBe(401)
    expect((await send(`${url}/apis/ims/v3/public-keys`, { headers: { authorization: `Bearer ${token}` } })).text).toBe('[]\n')
  })

  it.each([`Bearer ${token}`, `bearer ${token}`, basic('mock', token), basic('', token)])('takes %s', async (authorization) => {
    const { url } = await serving({ token }, { token, kubernetes: cluster })
    expect((await send(`${url}/apis/ims/v3/images`, { headers: { authorization } })).text).toBe('[]\n')
    expect((await send(`${url}/api/v1/pods`, { headers: { authorization } })).text).toBe('cluster')
  })

  it('uses up no fault on those who have none', async () => {
    const { url } = await serving({ token, faults: ['GET /images 503 x1'] })
    expect((await send(`${url}/apis/ims/v3/images`)).status).toBe(401)
    const statuses = [1, 2].map(() => send(`${url}/apis/ims/v3/images`, { headers: { authorization: `Bearer ${token}` } }))
    expect((await Promise.all(statuses)).map(({ status }) => status).sort()).toEqual([200, 503])
  })

  it('reads little of what they send, and lets a client that sent it all see why', async () => {
    const { url } = await serving({ token })
    const post = (path: string, body: string) =>
      send(`${url}${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' } }, body)
    expect((await post('/apis/ims/v3/images', 'x'.repeat(60_000))).status).toBe(401)
    // Cut off in the middle, a client may see that rather than the answer.
    const cut = await post('/apis/ims/v3/images', 'x'.repeat(50_000_000)).then(
      ({ status }) => status,
      ({ code }) => code,
    )
    expect([401, 'EPIPE', 'ECONNRESET']).toContain(cut)
    const form = await post('/keycloak/realms/shasta/protocol/openid-connect/token', 'x'.repeat(50_000_000)).then(
      ({ status }) => status,
      ({ code }) => code,
    )
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(form)
  })
})

describe('the host that is asked for', () => {
  it.each<[host: (port: string) => string, status: number]>([
    [(port) => `127.0.0.1:${port}`, 200],
    [(port) => `localhost:${port}`, 200],
    [(port) => `LOCALHOST:${port}`, 200],
    [(port) => `[::1]:${port}`, 200],
    [() => '127.0.0.1', 421],
    [() => 'localhost:1', 421],
    [(port) => `attacker.example:${port}`, 421],
    [(port) => `127.0.0.1.attacker.example:${port}`, 421],
  ])('has to be its own: %s', async (host, status) => {
    const { url } = await serving({}, { kubernetes: { handle: async () => new Response('cluster') } })
    const { port } = new URL(url)
    for (const path of ['/apis/ims/v3/images', '/api'])
      expect((await send(url + path, { headers: { host: host(port) } })).status).toBe(status)
  })
})

describe('Kubernetes', () => {
  it.each([
    ['/api', true],
    ['/api/v1/pods?limit=1', true],
    ['/apis', true],
    ['/apis?timeout=32s', true],
    ['/apis/batch/v1', true],
    ['/apis/imsx', true],
    ['/version', true],
    ['/openapi/v2', true],
    ['/apis/ims', false],
    ['/apis/ims/v3/recipes', false],
    ['/apix', false],
    ['/keycloak/x', false],
  ])('is asked for %s: %s', async (path, asked) => {
    const { url } = await serving(
      {},
      { kubernetes: { handle: async (request) => new Response(`cluster ${new URL(request.url).pathname}`) } },
    )
    expect((await send(`${url}${path}`)).text === `cluster ${path.replace(/\?.*/, '')}`).toBe(asked)
  })
})

describe('TLS', () => {
  it('is served with a chain from an authority of its own', async () => {
    const certificates = await makeCertificates()
    const authority = new X509Certificate(certificates.ca)
    const leaf = new X509Certificate(certificates.certificate)
    expect([authority.ca, leaf.ca, leaf.verify(authority.publicKey), leaf.checkIssued(authority)]).toEqual([true, false, true, true])
    expect([authority.publicKey.asymmetricKeyType, leaf.publicKey.asymmetricKeyType]).toEqual(['ec', 'ec'])
    expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect([leaf.checkHost('localhost'), leaf.checkIP('127.0.0.1'), leaf.checkIP('::1')]).not.toContain(undefined)

    const { url } = await serving({ faults: ['* /jobs reset'] }, { certificates })
    expect(url).toMatch(/^https:/)
    expect((await send(`${url}/apis/ims/version`, { ca: certificates.ca })).text).toBe('{"version": "3.33.0"}\n')
    await expect(send(`${url}/apis/ims/version`)).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
    await expect(send(`${url}/apis/ims/v3/jobs`, { ca: certificates.ca })).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})
