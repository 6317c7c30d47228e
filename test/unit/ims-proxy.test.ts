import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createTransport, type HttpOptions } from '../../src/ims/http.ts'
import { proxyFor } from '../../src/ims/proxy.ts'
import { makeCa, makeServerCertificate } from '../support/certificates.ts'
import { closedPort, serveHttp, type Loopback } from '../support/loopback.ts'
import { serveProxy } from '../support/proxy.ts'

const proxy = 'http://proxy:3128'

describe('which proxy', () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ['https://h/', { HTTPS_PROXY: proxy }, 'HTTPS_PROXY'],
    ['https://h/', { https_proxy: proxy, HTTPS_PROXY: 'http://other' }, 'https_proxy'],
    ['https://h/', { https_proxy: '', HTTPS_PROXY: proxy }, undefined],
    ['https://h/', { HTTP_PROXY: proxy }, undefined],
    ['http://h/', { HTTP_PROXY: proxy, HTTPS_PROXY: 'http://other' }, 'HTTP_PROXY'],
    ['http://h/', { http_proxy: 'proxy:3128' }, 'http_proxy'],
    ['http://h/', { ALL_PROXY: proxy }, 'ALL_PROXY'],
    ['http://127.0.0.1/', { http_proxy: proxy }, 'http_proxy'],
    ['http://h/', {}, undefined],
  ])('%s with %j: %s', (url, env, variable) => {
    const found = proxyFor(new URL(url), env)
    expect(found?.variable).toBe(variable)
    if (variable) expect(found?.url.origin).toBe('http://proxy:3128')
  })

  test('its user and password become Basic, and are not in its URL', () => {
    const found = proxyFor(new URL('http://h'), { http_proxy: 'http://u:p%40@proxy:3128' })
    expect(found?.authorization).toBe(`Basic ${Buffer.from('u:p@').toString('base64')}`)
    expect(found?.url.href).toBe('http://proxy:3128/')
  })

  test.each([
    ['https://api.local/', '*', true],
    ['https://api.local/', 'x,*', true],
    ['https://api.local/', 'api.local', true],
    ['https://api.local/', 'API.Local', true],
    ['https://api.local/', ' x , api.local ', true],
    ['https://a.api.local/', 'api.local', true],
    ['https://a.api.local/', '.api.local', true],
    ['https://a.api.local/', '*.api.local', true],
    ['https://myapi.local/', 'api.local', false],
    ['https://api.local/', 'api.local:443', true],
    ['https://api.local:8443/', 'api.local:443', false],
    ['https://api.local:8443/', 'api.local', true],
    ['http://api.local/', 'api.local:80', true],
    ['http://127.0.0.1:1/', '127.0.0.1', true],
    ['http://127.0.0.1:1/', '127.0.0.1:1', true],
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://11.1.2.3/', '10.0.0.0/8', false],
    ['http://10.1.2.3/', '10.0.0.0/99', false],
    ['http://10.1.2.3/', '2.3', false],
    ['http://[::1]/', '::1', true],
    ['http://[::1]:8080/', '[::1]:8080', true],
    ['https://api.local/', '', false],
    ['https://api.local/', ',', false],
  ])('%s is exempt by NO_PROXY=%s: %s', (url, list, exempt) => {
    const env = { http_proxy: proxy, https_proxy: proxy, NO_PROXY: list }
    expect(proxyFor(new URL(url), env) === undefined).toBe(exempt)
  })
})

describe('through a proxy', () => {
  const undone: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const undo of undone.splice(0).reverse()) await undo()
  })
  async function kept<T extends Loopback>(server: Promise<T>): Promise<T> {
    const made = await server
    undone.push(() => made.close())
    return made
  }
  function transport(options: HttpOptions) {
    const made = createTransport({ retries: 0, wellKnown: { site: [], system: [] }, brief: false, ...options })
    undone.push(() => made.close())
    return made
  }
  const post = (url: string) => ({ method: 'POST', url: new URL('/x?y=z', url), headers: { 'X-A': 'b' }, body: '{"a":"é"}' })
  const credentials = `Basic ${Buffer.from('u:p').toString('base64')}`
  const echo = () =>
    kept(serveHttp((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
        response.writeHead(404, 'NOT HERE').end(JSON.stringify([request.url, request.headers.host, request.headers['x-a'], request.headers['proxy-authorization'], Buffer.concat(chunks).toString()]))
      })
    }))

  test('plain HTTP is forwarded by its whole URL, with reason and body', async () => {
    const [server, middle] = [await echo(), await kept(serveProxy({ authorization: credentials }))]
    const response = await transport({ env: { http_proxy: middle.url.replace('//', '//u:p@') } })(post(server.url))
    expect(middle.asked).toEqual([`POST ${server.url}/x?y=z`])
    expect(response).toMatchObject({ status: 404, reason: 'NOT HERE' })
    expect(JSON.parse(response.body.toString())).toEqual(['/x?y=z', new URL(server.url).host, 'b', null, '{"a":"é"}'])
  })

  test('TLS goes through a tunnel, verified end to end', async () => {
    const ca = await makeCa('Platform CA')
    const middle = await kept(serveProxy({ authorization: credentials }))
    const server = await kept(serveHttp((_request, response) => void response.end('ok'), await makeServerCertificate({ ca })))
    const env = { https_proxy: middle.url.replace('//', '//u:p@') }
    const folder = mkdtempSync(join(tmpdir(), 'ims-proxy-'))
    undone.push(async () => rmSync(folder, { recursive: true, force: true }))
    const caFile = join(folder, 'ca.pem')
    writeFileSync(caFile, ca.cert)
    for (const options of [{ insecure: true }, { caFile }]) {
      expect((await transport({ env, ...options })(post(server.url))).body.toString()).toBe('ok')
    }
    expect(middle.asked).toEqual(Array(2).fill(`CONNECT 127.0.0.1:${server.port}`))
    const strict = transport({ env })
    const failure = await strict(post(server.url)).catch((error: unknown) => strict.explain(error, post(server.url)))
    expect(failure).toMatchObject({ message: '127.0.0.1: certificate not trusted', more: expect.arrayContaining([expect.stringContaining('issuer "Platform CA"')]) })
  })

  test('NO_PROXY goes straight', async () => {
    const server = await echo()
    const response = await transport({ env: { HTTP_PROXY: `http://127.0.0.1:${await closedPort()}`, NO_PROXY: '127.0.0.1' } })(post(server.url))
    expect(response.status).toBe(404)
  })

  test.each([
    ['http', {}, 'the proxy wants a user name and password'],
    ['https', {}, 'the proxy wants a user name and password'],
    ['https', { refuse: 403 }, 'the proxy refused to connect: 403'],
  ])('%s: a proxy that refuses is a fault of the proxy: %j', async (scheme, options, why) => {
    const middle = await kept(serveProxy({ authorization: credentials, ...options }))
    const target = post(`${scheme}://127.0.0.1:${await closedPort()}`)
    const send = transport({ env: { [`${scheme}_proxy`]: middle.url } })
    const fault = await send(target).catch((error: unknown) => error)
    expect(fault).toMatchObject({ kind: 'proxy', sent: false })
    const { more } = (await send.explain(fault, target)) as { more: string[] }
    expect(more.join('\n')).toContain(`through the proxy ${middle.url} (${scheme}_proxy): ${why}`)
  })

  test('a proxy that is not there is named, without its password', async () => {
    const gone = `127.0.0.1:${await closedPort()}`
    for (const scheme of ['http', 'https']) {
      const send = transport({ env: { [`${scheme.toUpperCase()}_PROXY`]: `http://u:secret@${gone}` } })
      const failure = await send(post(`${scheme}://h.local`)).catch((error: unknown) => send.explain(error, post(`${scheme}://h.local`)))
      expect(failure).toMatchObject({ message: expect.stringMatching(/^Unable to connect to cray\./) })
      const { more } = failure as { more: string[] }
      expect(more.join()).toContain(`through the proxy http://${gone} (${scheme.toUpperCase()}_PROXY): connection refused`)
      expect(more.join()).not.toContain('secret')
    }
  })

  test.each([
    ['ftp://proxy', 'is not supported'],
    ['http://a b', 'is no address'],
  ])('%s is the connection error', async (url, why) => {
    const failure = await transport({ env: { http_proxy: url } })(post('http://h')).catch((error: unknown) => error)
    expect((failure as { more: string[] }).more.join()).toContain(why)
  })
})
