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
    const made = await send(`${url}/apis/ims/v3/images`, { method: 'POST', headers: { 'Content-Type': 'application/json' } }, '{"name":"né"}')
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
      next: 'cray-ims mock',
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
    const { url } = await serving({}, { kubernetes: { handle: async (request) => new Response(`cluster ${new URL(request.url).pathname}`) } })
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
