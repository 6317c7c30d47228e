import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, deflateRawSync, deflateSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { TransportError, type TransportErrorKind } from '../../src/http/transport-error.ts'
import { createNodeTransport } from '../../src/http/node-transport.ts'
import { longestBody, type Timeouts, type Transport } from '../../src/http/transport.ts'
import { createTrust, type Trust } from '../../src/http/trust.ts'
import { createUndiciTransport } from '../../src/http/undici-transport.ts'
import { makeCa, makeServerCertificate, type Pair } from '../support/certificates.ts'
import { closedPort, serveHttp, serveSocket, type Loopback } from '../support/loopback.ts'

const patient: Timeouts = { connect: 20_000, read: 20_000, write: 20_000 }
const nowhere = { site: [], system: [] }

interface Options {
  trust?: Trust
  patience?: Timeouts
  signal?: AbortSignal
}

const undone: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const undo of undone.splice(0)) await undo()
})

const makers: Record<string, (options: Options) => Promise<Transport>> = {
  'node:https': async ({ patience = patient, ...rest }) => createNodeTransport({ patience, ...rest }),
  undici: async ({ patience = patient, ...rest }) => {
    const transport = await createUndiciTransport({ patience, ...rest })
    undone.push(() => transport.close())
    return transport.send
  },
}

async function kept(server: Promise<Loopback>): Promise<Loopback> {
  const made = await server
  undone.push(() => made.close())
  return made
}
const http = (listener: RequestListener, pair?: Pair) => kept(serveHttp(listener, pair))
const raw = (onConnection: (socket: Socket) => void) => kept(serveSocket(onConnection))
const afterRequest = (act: (socket: Socket) => void) => raw((socket) => socket.once('data', () => act(socket)))

async function kubectlErrorOf(sending: Promise<unknown>): Promise<TransportError> {
  const fault = await sending.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(fault).toBeInstanceOf(TransportError)
  return fault as TransportError
}

let folder: string
let ca: Pair
let otherCa: Pair
let pairs: Record<'good' | 'wrongName' | 'expired' | 'selfSigned', Pair>
const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ims-transports-'))
  ca = await makeCa('Platform CA')
  otherCa = await makeCa('Other CA')
  pairs = {
    good: await makeServerCertificate({ ca }),
    wrongName: await makeServerCertificate({ ca, name: 'elsewhere.local' }),
    expired: await makeServerCertificate({ ca, from: -3 }),
    selfSigned: await makeServerCertificate({}),
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(Object.entries(makers))('%s', (_name, make) => {
  const get = (url: string) => ({ method: 'GET', url: new URL(url), headers: {} })

  test('sends method, path, query, headers and body, and gives status, reason, headers and body', async () => {
    const seen: unknown[] = []
    const server = await http((request, response) => {
      const chunks: Buffer[] = []
      request
        .on('data', (chunk) => chunks.push(chunk))
        .on('end', () => {
          seen.push(request.method, request.url, request.headers['x-a'], request.headers.host, Buffer.concat(chunks).toString())
          response
            .writeHead(500, 'Kaputt Today', [
              ['X-B', '1'],
              ['X-B', '2'],
            ] as never)
            .end('é')
        })
    })
    const send = await make({})
    const response = await send({ method: 'PATCH', url: new URL(`${server.url}/a%2Fb?c=d`), headers: { 'X-A': 'é' }, body: '{"é":1}' })
    expect(seen).toEqual(['PATCH', '/a%2Fb?c=d', 'é', `127.0.0.1:${server.port}`, '{"é":1}'])
    expect(response).toMatchObject({ status: 500, reason: 'Kaputt Today', body: Buffer.from('é') })
    expect(response.headers['x-b']).toBe('2')
  })

  test('sends no body where there is none', async () => {
    const seen: unknown[] = []
    const server = await http((request, response) => {
      seen.push([request.method, request.headers['transfer-encoding'], request.headers['content-type']])
      request.resume().on('end', () => response.writeHead(204).end())
    })
    const send = await make({})
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
      expect(await send({ ...get(server.url), method })).toMatchObject({ status: 204, body: Buffer.alloc(0) })
    }
    expect(seen).toEqual(['GET', 'POST', 'PATCH', 'DELETE'].map((method) => [method, undefined, undefined]))
  })

  test.each([
    ['gzip', gzipSync('text')],
    ['x-gzip', gzipSync('text')],
    ['deflate', deflateSync('text')],
    ['deflate', deflateRawSync('text')],
    ['identity', Buffer.from('text')],
  ])('undoes %s', async (encoding, body) => {
    const server = await http((_request, response) => response.writeHead(200, { 'Content-Encoding': encoding }).end(body))
    expect((await (await make({}))(get(server.url))).body.toString()).toBe('text')
  })

  test('passes over 103', async () => {
    const server = await afterRequest((socket) =>
      socket.end('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    )
    expect(await (await make({}))(get(server.url))).toMatchObject({ status: 200, body: Buffer.from('ok') })
  })

  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
  const longest = 2 ** 16
  const bombs: Record<string, Buffer> = { gzip: gzipSync(Buffer.alloc(longest + 1)), deflate: deflateRawSync(Buffer.alloc(longest + 1)) }
  const faults: [string, TransportErrorKind, boolean, () => Promise<string>][] = [
    ['nobody listens', 'refused', false, async () => `http://127.0.0.1:${await closedPort()}`],
    ['no such name', 'dns', false, async () => 'http://no.such.host.invalid'],
    ['closed after the request', 'reset', true, async () => (await afterRequest((socket) => socket.end())).url],
    ['reset after the request', 'reset', true, async () => (await afterRequest((socket) => socket.resetAndDestroy())).url],
    [
      'reset within the headers',
      'reset',
      true,
      async () => (await afterRequest((socket) => socket.write(head, () => socket.resetAndDestroy()))).url,
    ],
    [
      'shorter than Content-Length',
      'truncated',
      true,
      async () => (await afterRequest((socket) => socket.end(`${head}Content-Length: 10\r\n\r\n[1]`))).url,
    ],
    [
      'a chunked body without its end',
      'truncated',
      true,
      async () => (await afterRequest((socket) => socket.end(`${head}Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n`))).url,
    ],
    [
      'reset within the body',
      'truncated',
      true,
      async () =>
        (
          await afterRequest((socket) =>
            socket.write(`${head}Content-Length: 10\r\n\r\n[1]`, () => setTimeout(() => socket.resetAndDestroy(), 50)),
          )
        ).url,
    ],
    [
      'gzip that breaks off',
      'truncated',
      true,
      async () =>
        (await http((_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('text').subarray(0, 15))))
          .url,
    ],
    [
      'an encoding nobody asked for',
      'protocol',
      true,
      async () => (await http((_request, response) => response.writeHead(200, { 'Content-Encoding': 'br' }).end('x'))).url,
    ],
    [
      'two encodings',
      'protocol',
      true,
      async () =>
        (await http((_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip, gzip' }).end(gzipSync(gzipSync('text')))))
          .url,
    ],
    [
      'a switch to another protocol',
      'protocol',
      true,
      async () =>
        (
          await afterRequest((socket) =>
            socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
          )
        ).url,
    ],
    [
      'a 101 that names no protocol',
      'protocol',
      true,
      async () => (await afterRequest((socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'))).url,
    ],
    [
      'a switch, and closed',
      'protocol',
      true,
      async () =>
        (await afterRequest((socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nabc')))
          .url,
    ],
    [
      'interim answers without an end',
      'protocol',
      true,
      async () => (await afterRequest((socket) => socket.write('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'.repeat(100)))).url,
    ],
    [
      'closed after an interim answer',
      'reset',
      true,
      async () => (await afterRequest((socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'))).url,
    ],
    [
      'headers that are too large',
      'too-large',
      true,
      async () => (await afterRequest((socket) => socket.write(`${head}X-A: ${'a'.repeat(70_000)}\r\n\r\n`))).url,
    ],
    [
      'headers that have no end',
      'too-large',
      true,
      async () => (await afterRequest((socket) => socket.write(head + 'X-A: a\r\n'.repeat(20_000)))).url,
    ],
    [
      'too many headers',
      'too-large',
      true,
      async () => (await afterRequest((socket) => socket.write(`${head}${'A: b\r\n'.repeat(1001)}\r\n`))).url,
    ],
    [
      'a body that says it is too large',
      'too-large',
      true,
      async () => (await afterRequest((socket) => socket.write(`${head}Content-Length: ${longest + 1}\r\n\r\n`))).url,
    ],
    [
      'a body that becomes too large',
      'too-large',
      true,
      async () =>
        (await afterRequest((socket) => socket.write(`${head}Transfer-Encoding: chunked\r\n\r\nffff0\r\n${'a'.repeat(longest + 1)}`))).url,
    ],
    ...['gzip', 'deflate'].map((encoding): (typeof faults)[number] => [
      `a ${encoding} bomb`,
      'too-large',
      true,
      async () => (await http((_request, response) => response.writeHead(200, { 'Content-Encoding': encoding }).end(bombs[encoding]))).url,
    ]),
    [
      'an error that is a gzip bomb',
      'too-large',
      true,
      async () =>
        (
          await http((_request, response) =>
            response.writeHead(500, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(longestBody + 1))),
          )
        ).url,
    ],
    ['not HTTP', 'protocol', true, async () => (await afterRequest((socket) => socket.end('SSH-2.0-OpenSSH_9.0\r\n'))).url],
    ['not TLS', 'tls', false, async () => (await http((_request, response) => response.end())).url.replace('http:', 'https:')],
    [
      'closed within the handshake',
      'reset',
      false,
      async () => (await raw((socket) => socket.once('data', () => socket.end()))).url.replace('http:', 'https:'),
    ],
  ]
  test.each(faults)('%s: %s, sent %s', async (_what, kind, sent, url) => {
    const send = await make({ trust: createTrust({ env: {}, wellKnown: nowhere }) })
    for (const method of ['GET', 'POST']) {
      const fault = await kubectlErrorOf(send({ ...get(await url()), method, longest, body: method === 'POST' ? '{}' : undefined }))
      expect({ method, kind: fault.kind, sent: fault.sent }).toEqual({ method, kind, sent })
    }
  })

  test('names the limit', async () => {
    const server = await http((_request, response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(longestBody + 1))),
    )
    expect(await kubectlErrorOf((await make({}))(get(server.url)))).toMatchObject({
      kind: 'too-large',
      message: 'the answer is larger than 64 MiB decoded',
    })
    const endless = await afterRequest((socket) => socket.write(head + 'X-A: a\r\n'.repeat(20_000)))
    expect(await kubectlErrorOf((await make({}))(get(endless.url)))).toMatchObject({
      message: "the answer's headers are larger than 64 KiB",
    })
  })

  test('takes a body that is as large as it may be', async () => {
    for (const [encoding, body] of [
      ['gzip', gzipSync(Buffer.alloc(longest))],
      ['identity', Buffer.alloc(longest)],
    ] as const) {
      const server = await http((_request, response) => response.writeHead(200, { 'Content-Encoding': encoding }).end(body))
      expect((await (await make({}))({ ...get(server.url), longest })).body.length).toBe(longest)
    }
  })

  test('gives a body on as it comes, decoded', async () => {
    const text = '[1,'.repeat(100_000)
    const server = await http((_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(text)))
    const pieces: Buffer[] = []
    const collect = ({ status }: { status: number }) => ({
      add: (chunk: Buffer) => void pieces.push(chunk),
      whole: () => Buffer.from(String(status)),
    })
    expect((await (await make({}))({ ...get(server.url), collect })).body.toString()).toBe('200')
    expect(pieces.length).toBeGreaterThan(1)
    expect(Buffer.concat(pieces).toString()).toBe(text)
  })

  test('what a collector throws is thrown', async () => {
    const reason = new Error('no room')
    const collect = () => ({
      add: () => {
        throw reason
      },
      whole: () => Buffer.alloc(0),
    })
    for (const encoding of ['gzip', 'identity']) {
      const server = await http((_request, response) =>
        response.writeHead(200, { 'Content-Encoding': encoding }).end(encoding === 'gzip' ? gzipSync('text') : 'text'),
      )
      await expect((await make({}))({ ...get(server.url), collect })).rejects.toBe(reason)
    }
  })

  test('a reason has nothing that a terminal acts on, and an end', async () => {
    const server = await afterRequest((socket) =>
      socket.end(Buffer.from(`HTTP/1.1 500 O\x1b[31mh\x9bno${'o'.repeat(500)}\r\nContent-Length: 0\r\n\r\n`, 'latin1')),
    )
    const { reason } = await (await make({}))(get(server.url))
    expect(reason).toMatch(/^O[^\x00-\x1f\x7f-\x9f]*o+…$/)
    expect(reason.length).toBeLessThan(250)
  })

  test('an answer that comes byte by byte has an end all the same', async () => {
    const dripping = await afterRequest((socket) => {
      socket.write(`${head}Content-Length: 1000000\r\n\r\n`)
      const drip = setInterval(() => socket.write('1'), 5)
      socket.on('close', () => clearInterval(drip))
    })
    const send = await make({ patience: { ...patient, whole: 0.01 } })
    expect(await kubectlErrorOf(send(get(dripping.url)))).toMatchObject({ kind: 'answer-timeout', sent: true })
    // So has one whose head comes byte by byte.
    const slow = await afterRequest((socket) => {
      const drip = setInterval(() => socket.write('H'), 5)
      socket.write('HTTP/1.1 200 ')
      socket.on('close', () => clearInterval(drip))
    })
    expect(await kubectlErrorOf(send(get(slow.url)))).toMatchObject({ kind: 'answer-timeout', sent: true })
  })

  test('a limit longer than a timer can take is no limit, rather than none at all', async () => {
    const server = await http((_request, response) => void setTimeout(() => response.end('ok'), 50))
    const years = 597 * 3_600_000
    const send = await make({ patience: { connect: years, read: years, write: years } })
    expect((await send(get(server.url))).body.toString()).toBe('ok')
  })

  test('gives up when no byte comes for so long', async () => {
    const silent = await raw(() => {})
    const halting = await afterRequest((socket) => socket.write(`${head}Content-Length: 10\r\n\r\n[1]`))
    const send = await make({ patience: { ...patient, read: 60, write: 120 } })
    for (const [method, url] of [
      ['GET', silent.url],
      ['POST', silent.url],
      ['GET', halting.url],
    ] as const) {
      expect(await kubectlErrorOf(send({ ...get(url), method }))).toMatchObject({ kind: 'idle-timeout', sent: true })
    }
  })

  test('gives up when a connection takes too long, having sent nothing', async () => {
    const silent = await raw(() => {})
    const send = await make({ trust: createTrust({ env: {}, wellKnown: nowhere }), patience: { ...patient, connect: 60 } })
    expect(await kubectlErrorOf(send(get(silent.url.replace('http:', 'https:'))))).toMatchObject({ kind: 'connect-timeout', sent: false })
  })

  test('ends with the reason of the signal', async () => {
    const reason = new Error('interrupted')
    const controller = new AbortController()
    const silent = await raw((socket) => socket.once('data', () => controller.abort(reason)))
    const send = await make({ signal: controller.signal })
    await expect(send(get(silent.url))).rejects.toBe(reason)
    await expect(send(get(silent.url))).rejects.toBe(reason)
    expect(silent.connections()).toBe(1)
  })

  describe('TLS', () => {
    const ok: RequestListener = (_request, response) => void response.end('ok')
    const ways: [string, () => Parameters<typeof createTrust>[0]][] = [
      ['a file named', () => ({ env: {}, wellKnown: nowhere, named: [{ path: file('ca.pem', ca.cert), source: '--ca-file' }] })],
      ['SSL_CERT_FILE', () => ({ env: { SSL_CERT_FILE: file('ca.pem', ca.cert) }, wellKnown: nowhere })],
      ['REQUESTS_CA_BUNDLE', () => ({ env: { REQUESTS_CA_BUNDLE: file('ca.pem', ca.cert) }, wellKnown: nowhere })],
      ['NODE_EXTRA_CA_CERTS', () => ({ env: { NODE_EXTRA_CA_CERTS: file('ca.pem', ca.cert) }, wellKnown: nowhere })],
      ["the site's CA", () => ({ env: {}, wellKnown: { site: [file('ca.pem', ca.cert)], system: [] } })],
      ["the system's bundle", () => ({ env: {}, wellKnown: { site: [], system: [file('ca.pem', ca.cert)] } })],
      [
        'the system after others',
        () => ({
          env: { SSL_CERT_FILE: file('other.pem', otherCa.cert) },
          wellKnown: { site: [file('other2.pem', otherCa.cert)], system: [file('ca.pem', ca.cert)] },
        }),
      ],
      ['a self-signed certificate itself', () => ({ env: { SSL_CERT_FILE: file('self.pem', pairs.selfSigned.cert) }, wellKnown: nowhere })],
    ]
    test.each(ways)('trusts by %s, for a write too, and sends it once', async (what, options) => {
      const seen: string[] = []
      const pair = what.startsWith('a self-signed') ? pairs.selfSigned : pairs.good
      const server = await http((request, response) => {
        seen.push(request.method!)
        request.resume().on('end', () => response.end('ok'))
      }, pair)
      const send = await make({ trust: createTrust(options()) })
      expect((await send({ ...get(server.url), method: 'POST', body: '{}' })).body.toString()).toBe('ok')
      expect(seen).toEqual(['POST'])
    })

    test.each([
      ['good', 'untrusted'],
      ['selfSigned', 'untrusted'],
      ['wrongName', 'wrong-name'],
      ['expired', 'expired'],
    ] as const)('refuses %s as %s, before anything is sent', async (name, kind) => {
      let requests = 0
      const server = await http((_request, response) => void (requests++, response.end()), pairs[name])
      const trusted = kind === 'untrusted' ? otherCa : ca
      const trust = createTrust({ env: { SSL_CERT_FILE: file('ca.pem', trusted.cert) }, wellKnown: nowhere })
      expect(await kubectlErrorOf((await make({ trust }))(get(server.url)))).toMatchObject({ kind, sent: false })
      expect(requests).toBe(0)
      if (kind !== 'untrusted') expect(server.connections()).toBe(1)
    })

    test('starts from the set that served before', async () => {
      const server = await http(ok, pairs.good)
      const trust = createTrust({
        env: { SSL_CERT_FILE: file('other.pem', otherCa.cert) },
        wellKnown: { site: [file('ca.pem', ca.cert)], system: [] },
      })
      const send = await make({ trust })
      await send(get(server.url))
      expect(server.connections()).toBe(2)
      await send(get(server.url))
      expect(server.connections()).toBeLessThan(4)
      expect(trust.start).toBe(1)
    })

    test('verifies nothing without trust', async () => {
      const server = await http(ok, pairs.wrongName)
      expect((await (await make({}))(get(server.url))).body.toString()).toBe('ok')
    })
  })
})

test('a 100 that nobody asked for is passed over by node:https; undici takes none, and says so', async () => {
  const answer = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
  const { url } = await afterRequest((socket) => socket.end(answer))
  const request = { method: 'GET', url: new URL(url), headers: {} }
  expect(await (await makers['node:https']!({}))(request)).toMatchObject({ status: 200, body: Buffer.from('ok') })
  expect(await kubectlErrorOf((await makers.undici!({}))(request))).toMatchObject({ kind: 'protocol', sent: true })
})

test('undici holds its connection', async () => {
  const server = await http((_request, response) => void response.end('ok'))
  const { send, close } = await createUndiciTransport({ patience: patient })
  undone.push(close)
  for (let count = 0; count < 6; count++) await send({ method: 'GET', url: new URL(server.url), headers: {} })
  // A second one where a request comes before the first is known to be free.
  expect(server.connections()).toBeLessThan(3)
})
