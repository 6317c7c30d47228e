import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { explain } from '../../src/ims/explain.ts'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CliError } from '../../src/errors.ts'
import { connect } from '../../src/ims/api.ts'
import { isUnavailable } from '../../src/ims/availability.ts'
import { createTransport, type Http, type HttpOptions } from '../../src/http/http-client.ts'
import { proxyFor } from '../../src/http/proxy.ts'
import { makeCa, makeServerCertificate, type Pair } from '../support/certificates.ts'
import { closedPort, serveHttp, type Loopback } from '../support/loopback.ts'
import { serveProxy, serveSocks } from '../support/proxy.ts'

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

  test('those of a SOCKS proxy stay what they are', () => {
    const found = proxyFor(new URL('http://h'), { all_proxy: 'socks5h://u:p%40@proxy' })
    expect(found).toMatchObject({ user: { name: 'u', password: 'p@' }, variable: 'all_proxy' })
    expect([found?.authorization, found?.url.href]).toEqual([undefined, 'socks5h://proxy'])
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
    kept(
      serveHttp((request, response) => {
        const chunks: Buffer[] = []
        request
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () => {
            response
              .writeHead(404, 'NOT HERE')
              .end(
                JSON.stringify([
                  request.url,
                  request.headers.host,
                  request.headers['x-a'],
                  request.headers['proxy-authorization'],
                  Buffer.concat(chunks).toString(),
                ]),
              )
          })
      }),
    )

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
    const failure = await strict(post(server.url)).catch((error: unknown) =>
      explain(error, post(server.url), strict.context(post(server.url))),
    )
    expect(failure).toMatchObject({
      message: '127.0.0.1: certificate not trusted',
      more: expect.arrayContaining([expect.stringContaining('issuer "Platform CA"')]),
    })
  })

  test('NO_PROXY goes straight', async () => {
    const server = await echo()
    const response = await transport({ env: { HTTP_PROXY: `http://127.0.0.1:${await closedPort()}`, NO_PROXY: '127.0.0.1' } })(
      post(server.url),
    )
    expect(response.status).toBe(404)
  })

  test.each([
    ['http', {}, 'proxy-refused', 'the proxy wants a user name and password'],
    ['https', {}, 'proxy-refused', 'the proxy wants a user name and password'],
    ['https', { refuse: 403 }, 'proxy-refused', 'the proxy refused to connect: 403'],
    ['https', { refuse: 503 }, 'proxy', 'the proxy could not connect: 503'],
    ['https', { refuse: 429 }, 'proxy', 'the proxy could not connect: 429'],
  ])('%s: a proxy that refuses is a fault of the proxy, which may pass or not: %j', async (scheme, options, kind, why) => {
    const middle = await kept(serveProxy({ authorization: credentials, ...options }))
    const target = post(`${scheme}://127.0.0.1:${await closedPort()}`)
    const send = transport({ env: { [`${scheme}_proxy`]: middle.url } })
    const fault = await send(target).catch((error: unknown) => error)
    expect(fault).toMatchObject({ kind, sent: false })
    const failure = (await explain(fault, target, send.context(target))) as CliError
    expect(isUnavailable(failure)).toBe(kind === 'proxy')
    const { more } = failure
    expect(more.join('\n')).toContain(`through the proxy ${middle.url} (${scheme}_proxy): ${why}`)
  })

  test('a proxy that is not there is named, without its password', async () => {
    const gone = `127.0.0.1:${await closedPort()}`
    for (const scheme of ['http', 'https']) {
      const send = transport({ env: { [`${scheme.toUpperCase()}_PROXY`]: `http://u:secret@${gone}` } })
      const failure = await send(post(`${scheme}://h.local`)).catch((error: unknown) =>
        explain(error, post(`${scheme}://h.local`), send.context(post(`${scheme}://h.local`))),
      )
      expect(failure).toMatchObject({ message: expect.stringMatching(/^Unable to connect to cray\./) })
      const { more } = failure as { more: string[] }
      expect(more.join()).toContain(`through the proxy http://${gone} (${scheme.toUpperCase()}_PROXY): connection refused`)
      expect(more.join()).not.toContain('secret')
    }
  })

  test.each([
    ['ftp://proxy', 'is not supported; http, https and socks5 are'],
    ['socks4://proxy', 'is not supported'],
    ['socks4a://proxy', 'is not supported'],
    ['http://a b', 'is not the address of a proxy'],
  ])('%s is the connection error', async (url, why) => {
    const send = transport({ env: { http_proxy: url } })
    const failure = await send(post('http://h')).catch((error: unknown) => explain(error, post('http://h'), send.context(post('http://h'))))
    expect((failure as { more: string[] }).more.join()).toContain(why)
  })

  describe('over TLS', () => {
    let folder: string
    let ca: Pair
    let caFile: string
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ims-proxy-'))
      ca = await makeCa('Proxy CA')
      caFile = join(folder, 'ca.pem')
      writeFileSync(caFile, ca.cert)
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    const ok = async () => kept(serveHttp((_request, response) => void response.end('ok'), await makeServerCertificate({ ca })))
    const failureOf = async (send: Http, url: string) => {
      const request = post(url)
      return (await send(request).then(
        () => expect.unreachable(),
        (error: unknown) => explain(error, request, send.context(request)),
      )) as CliError
    }

    test('it is verified as the server is', async () => {
      const middle = await kept(serveProxy({ authorization: credentials, pair: await makeServerCertificate({ ca }) }))
      const send = transport({
        env: { https_proxy: middle.url.replace('//', '//u:p@'), http_proxy: middle.url.replace('//', '//u:p@') },
        caFile,
      })
      expect((await send(post((await ok()).url))).body.toString()).toBe('ok')
      expect((await send(post((await echo()).url))).status).toBe(404)
      expect(middle.asked).toHaveLength(2)
    })

    test.each([
      ['untrusted', {}, 'not trusted', ['config', 'set', 'core', 'ca_file=FILE'], /self-signed "ims server"/],
      [
        'for another name',
        { name: 'elsewhere.local' },
        'is for another name',
        'export HTTPS_PROXY=https://NAME:PORT',
        /came +"elsewhere.local", for elsewhere.local/,
      ],
      ['expired', { from: -3 }, 'expired', 'date', /"ims server" of issuer "Proxy CA", valid to/],
    ])('one whose certificate is %s is named, is sent nothing, and --insecure is not for it', async (what, of, words, next, more) => {
      const middle = await kept(serveProxy({ pair: await makeServerCertificate({ ...of, ...(what !== 'untrusted' && { ca }) }) }))
      const server = await ok()
      for (const insecure of [false, true]) {
        const failure = await failureOf(
          transport({ env: { HTTPS_PROXY: middle.url.replace('//', '//u:SECRET@') }, caFile, insecure }),
          server.url,
        )
        expect(failure).toMatchObject({ message: `127.0.0.1: certificate of the proxy (HTTPS_PROXY) ${words}`, next, footer: undefined })
        expect(failure.more.join('\n')).toMatch(more)
        expect(JSON.stringify([failure.message, failure.more])).not.toContain('SECRET')
      }
      const plain = await failureOf(transport({ env: { HTTP_PROXY: middle.url }, caFile }), (await echo()).url)
      expect(plain.message).toBe(`127.0.0.1: certificate of the proxy (HTTP_PROXY) ${words}`)
      expect(middle.asked).toEqual([])
    })

    test("a server's certificate that is not trusted is the server's, whatever the proxy's", async () => {
      const middle = await kept(serveProxy({ authorization: credentials, pair: await makeServerCertificate({ ca }) }))
      const server = await kept(
        serveHttp((_request, response) => void response.end('ok'), await makeServerCertificate({ ca: await makeCa('Other CA') })),
      )
      const failure = await failureOf(transport({ env: { https_proxy: middle.url.replace('//', '//u:p@') }, caFile }), server.url)
      expect(failure).toMatchObject({ message: '127.0.0.1: certificate not trusted', footer: 'Once, unverified: add --insecure' })
      expect(failure.more[0]).toContain('issuer "Other CA"')
    })
  })

  describe('of SOCKS', () => {
    const user = { name: 'u', password: 'p@ß' }
    const named = (url: string, name = 'api.test') => url.replace('127.0.0.1', name)
    const explained = async (options: HttpOptions, url: string) => {
      const send = transport(options)
      const error: unknown = await send(post(url)).then(
        () => expect.unreachable(),
        (fault: unknown) => fault,
      )
      return { error, failure: (await explain(error, post(url), send.context(post(url)))) as CliError }
    }

    test.each(['socks5', 'socks5h', 'socks'])('%s: the name is left to it, and nothing else is known to it', async (scheme) => {
      const [server, middle] = [await echo(), await kept(serveSocks({ user }))]
      const env = { http_proxy: middle.url.replace('socks5://', `${scheme}://u:${encodeURIComponent(user.password)}@`) }
      const response = await transport({ env })(post(named(server.url)))
      expect(middle.asked).toEqual([`api.test:${server.port}`])
      expect(JSON.parse(response.body.toString())).toEqual(['/x?y=z', `api.test:${server.port}`, 'b', null, '{"a":"é"}'])
    })

    test('TLS is verified end to end', async () => {
      const ca = await makeCa('Platform CA')
      const middle = await kept(serveSocks())
      const server = await kept(serveHttp((_request, response) => void response.end('ok'), await makeServerCertificate({ ca })))
      const folder = mkdtempSync(join(tmpdir(), 'ims-proxy-'))
      undone.push(async () => rmSync(folder, { recursive: true, force: true }))
      const caFile = join(folder, 'ca.pem')
      writeFileSync(caFile, ca.cert)
      const env = { https_proxy: middle.url }
      for (const options of [{ insecure: true }, { caFile }])
        expect((await transport({ env, ...options })(post(server.url))).body.toString()).toBe('ok')
      expect((await explained({ env }, server.url)).failure.message).toBe('127.0.0.1: certificate not trusted')
      expect((await explained({ env, caFile }, named(server.url))).failure.message).toBe('api.test: certificate is for another name')
    })

    test.each([
      [{ reply: 1 }, 'proxy', 'the proxy could not connect: it does not say why'],
      [{ reply: 2 }, 'proxy-refused', 'the proxy refused to connect: its rules do not allow it'],
      [{ reply: 4 }, 'proxy', 'the proxy could not connect: host unreachable'],
      [{ reply: 5 }, 'proxy', 'the proxy could not connect: connection refused'],
      [{ reply: 77 }, 'proxy', 'the proxy could not connect: SOCKS5 connection failed: Unknown error code: 77'],
      [{ user: { name: 'u', password: 'other' } }, 'proxy-refused', 'the proxy refused the user name and password'],
    ])('%j is a fault of the proxy', async (options, kind, why) => {
      const middle = await kept(serveSocks(options))
      const { error, failure } = await explained({ env: { https_proxy: middle.url.replace('//', '//u:SECRET@') } }, 'https://api.test')
      expect(error).toMatchObject({ kind, sent: false, ofProxy: true })
      expect(failure.more.join('\n')).toContain(`api.test:443 through the proxy ${middle.url} (https_proxy): ${why}`)
      expect(inspect(failure, { depth: 10 })).not.toContain('SECRET')
    })

    test('one that wants a name and password, and gets none', async () => {
      const middle = await kept(serveSocks({ user }))
      expect((await explained({ env: { https_proxy: middle.url } }, 'https://api.test')).failure.more.join('\n')).toContain(
        'the proxy wants a user name and password',
      )
    })

    test('what is none', async () => {
      const url = (await echo()).url.replace('http', 'socks5')
      expect((await explained({ env: { https_proxy: url } }, 'https://api.test')).failure.more.join('\n')).toContain(
        'what answers there does not speak SOCKS 5',
      )
    })

    test('one that is not there', async () => {
      const url = `socks5://127.0.0.1:${await closedPort()}`
      expect((await explained({ env: { https_proxy: url } }, 'https://api.test')).failure.more.join('\n')).toContain(
        `through the proxy ${url} (https_proxy): connection refused`,
      )
    })

    test('one that never answers, to the time limit', async () => {
      const middle = await kept(serveSocks({ silent: true }))
      const { failure } = await explained({ env: { https_proxy: middle.url }, connectTimeout: 0.3 }, 'https://api.test')
      expect(failure).toMatchObject({
        message: `no connection to api.test:443 through the proxy ${middle.url} (https_proxy) within 0.3s`,
        next: 'the same command with --connect-timeout 0.6s',
      })
    })
  })

  test('a 403 of plain HTTP may be the proxy that refuses', async () => {
    const middle = await kept(serveProxy({ refuse: 403 }))
    const ims = connect({ hostname: (await echo()).url, env: { http_proxy: middle.url }, retries: 0, brief: false })
    undone.push(() => ims.close())
    const failure = await ims.send({ method: 'GET', path: '/apis/ims/v3/jobs' }).then(
      () => expect.unreachable(),
      (error: CliError) => error,
    )
    expect(failure.more).toContain(`Or it is the proxy ${middle.url} (http_proxy) that refuses.`)
    expect(isUnavailable(failure)).toBe(false)
  })

  test('a password that a variable names is in no error, also where it is no address', async () => {
    for (const url of ['http://u:SECRET@a b', 'http://u:SECRET@proxy:port', 'u:SECRET@', 'ftp://u:SECRET@proxy', 'http://u:SECRET']) {
      const failure = await transport({ env: { HTTP_PROXY: url } })(post('http://h.invalid')).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(Error)
      expect(inspect(failure, { depth: 10 })).not.toContain('SECRET')
    }
  })
})
