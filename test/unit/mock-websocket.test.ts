import http, { type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { createKubernetes } from '../../src/mock/kubernetes/kubernetes.ts'
import { jobsViewOf } from '../../src/mock/kubernetes/jobs-view.ts'
import { serveMock } from '../../src/mock/serve.ts'
import type { Running } from '../../src/mock/ssh/program.ts'
import { createCluster } from '../support/cluster.ts'
import { testClock } from '../support/mock-time.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

const token = 'a'.repeat(64)
const authorized = { Authorization: `Bearer ${token}` }

/** A program that a test plays. */
function program() {
  let end = (_: { code: number }) => {}
  const running: Running = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    ended: new Promise((done) => (end = done)),
    signal: async () => {},
    resize: async (size) => void sizes.push(size),
  }
  const sizes: unknown[] = []
  return { running, sizes, end: (code: number) => (end({ code }), running.stdout.push(null), running.stderr.push(null)) }
}

async function site() {
  const clock = testClock()
  const cluster = createCluster('succeeds', clock)
  const job = await cluster.start('image')
  const started: unknown[] = []
  const played = program()
  const start = async (id: string, asked: unknown) => {
    started.push([id === job.id, asked])
    return played.running
  }
  const kubernetes = createKubernetes({ jobs: jobsViewOf(cluster.mock), clock, entries: { start } })
  const server = await serveMock(cluster.mock, { kubernetes, token })
  open.push(cluster.close, kubernetes.close, server.close)
  const pod = async () => {
    const { items } = (await (await kubernetes.handle(new Request('http://k/api/v1/pods'))).json()) as {
      items: { metadata: { name: string } }[]
    }
    return `/api/v1/namespaces/ims/pods/${items[0]!.metadata.name}`
  }
  return { clock, server, started, played, pod, cluster, job }
}

const handshake = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol': 'v5.channel.k8s.io',
}

type Reply = { status: number; headers: IncomingMessage['headers']; text: string; socket?: Socket }

function ask(url: string, path: string, headers: Record<string, string>, method = 'GET'): Promise<Reply> {
  return new Promise((done, fail) => {
    const request = http.request(url + path, { method, headers, agent: false })
    request.on('upgrade', ({ statusCode, headers }, socket) => done({ status: statusCode!, headers, text: '', socket: socket as Socket }))
    request.on('response', async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      done({ status: response.statusCode!, headers: response.headers, text })
    })
    request.on('error', fail).end()
  })
}

/** A frame as clients send it. */
function frame(opcode: number, payload: Buffer, { last = true, masked = true } = {}): Buffer {
  const mask = Buffer.from([1, 2, 3, 4])
  const long = payload.length > 125
  const head = Buffer.from([
    (last ? 0x80 : 0) | opcode,
    (masked ? 0x80 : 0) | (long ? 126 : payload.length),
    ...(long ? [payload.length >> 8, payload.length & 255] : []),
  ])
  return Buffer.concat([head, ...(masked ? [mask] : []), masked ? payload.map((byte, at) => byte ^ mask[at % 4]!) : payload])
}

/** All frames that come, until the connection is closed. */
async function frames(socket: Socket): Promise<[opcode: number, payload: Buffer][]> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  const found: [number, Buffer][] = []
  for (let rest = Buffer.concat(chunks); rest.length >= 2;) {
    const start = rest[1] === 126 ? 4 : 2
    const length = rest[1] === 126 ? rest.readUInt16BE(2) : rest[1]!
    found.push([rest[0]! & 15, rest.subarray(start, start + length)])
    rest = rest.subarray(start + length)
  }
  return found
}

describe('exec by WebSocket', () => {
  test('carries input, outputs, sizes and the outcome', async () => {
    const { clock, server, started, played, pod } = await site()
    clock.pass(600)
    const { socket, headers } = await ask(
      server.url,
      `${await pod()}/exec?command=echo&command=a%20b&container=sshd&stdin=true&stdout=true&tty=true`,
      { ...authorized, ...handshake },
    )
    // The example of RFC 6455.
    expect(headers).toMatchObject({ 'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'sec-websocket-protocol': 'v5.channel.k8s.io' })
    expect(started).toEqual([[true, { command: "echo 'a b'", terminal: { rows: 24, columns: 80 } }]])
    const received = frames(socket!)
    const { running, sizes, end } = played
    const input: Buffer[] = []
    running.stdin.on('pipe', () => {})
    const heard = (async () => {
      for await (const chunk of running.stdin as PassThrough) input.push(chunk as Buffer)
    })()
    socket!.write(frame(2, Buffer.from('\x04{"Width":100,"Height":30}')))
    socket!.write(frame(9, Buffer.from('ping')))
    // A message in three frames, with another in between, cut anywhere.
    const parts = Buffer.concat([
      frame(2, Buffer.from('\x00one '), { last: false }),
      frame(9, Buffer.from('between')),
      frame(0, Buffer.from('two '), { last: false }),
      frame(0, Buffer.from('three')),
    ])
    for (const byte of parts) socket!.write(Buffer.from([byte]))
    socket!.write(frame(2, Buffer.from([255, 0])))
    await heard
    running.stdout.push('x'.repeat(300))
    running.stderr.push('err')
    end(3)
    const got = await received
    const on = (opcode: number, channel?: number) =>
      Buffer.concat(
        got
          .filter(([one, payload]) => one === opcode && (channel === undefined || payload[0] === channel))
          .map(([, payload]) => (channel === undefined ? payload : payload.subarray(1))),
      ).toString()
    expect(Buffer.concat(input).toString()).toBe('one two three')
    expect(sizes).toEqual([{ rows: 30, columns: 100 }])
    expect([on(10), on(2, 1), on(2, 2)]).toEqual(['pingbetween', 'x'.repeat(300), 'err'])
    expect(JSON.parse(on(2, 3))).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    })
    expect(got.at(-1)).toEqual([8, Buffer.from([3, 0xe8])])
  })

  test('ends a connection that makes no sense, and a program without its client', async () => {
    const { clock, server, played, pod } = await site()
    clock.pass(600)
    const { socket } = await ask(server.url, `${await pod()}/exec?command=cat&container=sshd&stdin=true`, { ...authorized, ...handshake })
    const ended = new Promise((done) => played.running.stdin.once('finish', done))
    socket!.write(frame(2, Buffer.from('\x00unmasked'), { masked: false }))
    await ended
    played.end(0)
  })

  test.each([
    ['nobody', '?container=nobody', 400, 'container nobody is not valid'],
    ['a container that has ended', '?container=prepare', 500, 'container not found (\\"prepare\\")'],
  ])('refuses %s', async (_, query, status, text) => {
    const { clock, server, started, pod } = await site()
    clock.pass(600)
    const reply = await ask(server.url, `${await pod()}/exec${query}&command=true`, { ...authorized, ...handshake })
    expect([reply.status, reply.text, started]).toEqual([status, expect.stringContaining(text), []])
  })

  test('refuses a pod whose shell is not there yet, and one that there is not', async () => {
    const { server, pod } = await site()
    const headers = { ...authorized, ...handshake }
    expect((await ask(server.url, `${await pod()}/exec?container=sshd&command=true`, headers)).text).toContain('container not found')
    expect(
      (await ask(server.url, `${await pod()}/portforward`, { ...headers, 'Sec-WebSocket-Protocol': 'SPDY/3.1+portforward.k8s.io' })).text,
    ).toContain('Current status=Pending')
    expect((await ask(server.url, '/api/v1/namespaces/ims/pods/other/exec', headers)).status).toBe(404)
    expect((await ask(server.url, '/api/v1/namespaces/ims/services/other/exec', headers)).status).toBe(400)
  })
})

describe('other protocols', () => {
  test('take the token, and a host of ours', async () => {
    const { clock, server, started, pod } = await site()
    clock.pass(600)
    const path = `${await pod()}/exec?container=sshd&command=true`
    expect((await ask(server.url, path, handshake)).status).toBe(401)
    expect((await ask(server.url, path, { ...handshake, Authorization: 'Bearer other' })).status).toBe(401)
    expect((await ask(server.url, path, { ...handshake, ...authorized, Host: 'evil.example' })).status).toBe(400)
    expect((await ask(server.url, '/apis/ims/v3/jobs', { ...handshake, ...authorized })).status).toBe(400)
    expect(started).toEqual([])
  })

  test('that are only offered change nothing', async () => {
    const { clock, server, pod } = await site()
    clock.pass(600)
    const offer = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA' }
    // This mock itself takes whoever has no token.
    expect(await ask(server.url, '/apis/ims/v3/recipes', offer)).toMatchObject({ status: 200, text: expect.stringContaining('"name":"r"') })
    expect((await ask(server.url, '/apis/ims/v3/recipes', { ...offer, ...authorized })).status).toBe(401)
    expect((await ask(server.url, '/api/v1/pods', { ...offer, ...authorized })).status).toBe(200)
    expect((await ask(server.url, '/api/v1/pods', offer)).status).toBe(401)
    const spdy = await ask(
      server.url,
      `${await pod()}/exec?container=sshd&command=true`,
      { ...authorized, Connection: 'Upgrade', Upgrade: 'SPDY/3.1' },
      'POST',
    )
    expect([spdy.status, spdy.text]).toEqual([400, expect.stringContaining('WebSocket only')])
  })

  test('end with the server', async () => {
    const { clock, server, played, pod } = await site()
    clock.pass(600)
    const { socket } = await ask(server.url, `${await pod()}/exec?container=sshd&command=cat&stdin=true`, { ...authorized, ...handshake })
    const closed = new Promise((done) => socket!.once('close', done).resume())
    await server.close()
    await closed
    played.end(0)
  })
})
