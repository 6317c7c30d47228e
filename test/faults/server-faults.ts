import { gzipSync } from 'node:zlib'
import type { Exchange, ServerFault } from './site.ts'

const once = 1
const always = Infinity

/** What a gateway says in HTML. */
const page =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response(`<html><body><h1>${status}</h1></body></html>`, { status, headers: { 'Content-Type': 'text/html', ...headers } })

/** What the service says of what it refuses. */
const problem =
  (status: number, title = 'No') =>
  () =>
    new Response(JSON.stringify({ type: 'about:blank', title, detail: 'It was refused.', status }), {
      status,
      headers: { 'Content-Type': 'application/problem+json' },
    })

const answers = (make: (exchange: Exchange) => Response, times: number): ServerFault => ({
  times,
  act: (exchange) => exchange.send(make(exchange)),
})

/** Sends bytes in place of an answer, and closes the connection. */
const sends = (bytes: string | Buffer, times = always): ServerFault => ({ times, act: ({ socket }) => void socket.end(bytes) })

const json = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
const escapes = '\u001b[31mred\u001b]0;title\u0007\u009b2J'

/** Sends an answer to what was done, in a way of its own. */
const afterwards = (send: (exchange: Exchange, text: string, status: number) => void, times: number): ServerFault => ({
  times,
  act: async (exchange) => {
    const answer = await exchange.serve()
    send(exchange, await answer.text(), answer.status)
  },
})

const reset = ({ socket }: Exchange) => void socket.destroy()
const cutAnswer = ({ socket }: Exchange, text: string, status: number) =>
  void socket.end(
    `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${text.length + 9}\r\n\r\n${text.slice(0, -2)}`,
  )

const stopped = ({ socket }: Exchange, text: string, status: number) =>
  void socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: ${text.length + 9}\r\n\r\n${text}`)

/** An answer byte by byte, over a longer time than silence may last: a head alone, which has to come as a whole, is too late. */
const drips: ServerFault = {
  times: once,
  act: async ({ socket, serve }) => {
    const answer = await serve()
    const body = Buffer.from(await answer.arrayBuffer())
    const headers = [...new Map([...answer.headers, ['content-length', String(body.length)], ['connection', 'close']])]
    const head = `HTTP/1.1 ${answer.status} X\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
    const bytes = Buffer.concat([Buffer.from(head), body])
    for (let at = 0; at < bytes.length && !socket.destroyed; at++) {
      socket.write(bytes.subarray(at, at + 1))
      await new Promise((next) => setTimeout(next, 5000 / bytes.length))
    }
    socket.end()
  },
}

/** Silence that takes minutes otherwise. */
const impatient = { CRAY_IMS_REQUEST_TIMEOUT: '4', CRAY_IMS_CONNECT_TIMEOUT: '4' }

/** Faults of whatever is between a command and the service, and of the service: rows of the table. */
export const serverFaults: readonly (readonly [name: string, fault: ServerFault])[] = [
  ['connection closed at once, once', { times: once, connect: (socket) => void socket.destroy() }],
  ['connection closed at once, always', { times: always, connect: (socket) => void socket.destroy() }],
  [
    'TLS broken off, always',
    { times: always, connect: (socket) => void socket.once('data', () => socket.end('\x15\x03\x03\x00\x02\x02\x28')) },
  ],
  ['plain text in place of TLS, always', { times: always, connect: (socket) => void socket.end('220 mail ready\r\n') }],
  ['no answer to a connection', { times: always, connect: () => {}, env: impatient }],
  ['request taken and reset, once', { times: once, act: reset }],
  ['request taken and reset, always', { times: always, act: reset }],
  ['request done and reset, once', afterwards(reset, once)],
  ['request done and reset, always', afterwards(reset, always)],
  ['answer cut off, once', afterwards(cutAnswer, once)],
  ['answer cut off, always', afterwards(cutAnswer, always)],
  ['no answer to a request', { times: always, act: () => {}, env: impatient }],
  ['answer that stops in its middle', { ...afterwards(stopped, always), env: impatient }],
  ['answer that drips', { ...drips, env: impatient }],
  ['HTTP 400', answers(problem(400), always)],
  ['401 once', answers(page(401), once)],
  ['401 always', answers(page(401), always)],
  ['HTTP 403', answers(page(403), always)],
  ['404 of the service', answers(problem(404, 'Not Found'), always)],
  ['404 of the gateway', answers(page(404), always)],
  ['HTTP 409', answers(problem(409), always)],
  ['HTTP 413', answers(page(413), always)],
  ['HTTP 415', answers(problem(415), always)],
  ['HTTP 422', answers(problem(422), always)],
  ['429, in a second, once', answers(page(429, { 'Retry-After': '1' }), once)],
  [
    '429, at a date, once',
    answers(({ url }) => page(429, { 'Retry-After': new Date(Date.now() + (url ? 1000 : 0)).toUTCString() })(), once),
  ],
  ['429 always', answers(page(429), always)],
  ['500 once', answers(problem(500), once)],
  ['500 always', answers(problem(500), always)],
  ['502 once', answers(page(502), once)],
  ['502 always', answers(page(502), always)],
  ['503 once', answers(page(503), once)],
  ['503 always', answers(page(503), always)],
  ['504 once', answers(page(504), once)],
  ['504 always', answers(page(504), always)],
  ['done, then 504, once', afterwards(({ response }) => void response.writeHead(504, { 'Content-Length': 0 }).end(), once)],
  ['HTML for JSON', answers(() => new Response('<html><body>Log in</body></html>', { headers: { 'Content-Type': 'text/html' } }), always)],
  ['JSON that is cut', sends(`${json}Content-Length: 8\r\n\r\n[{"id": `)],
  ['another type of JSON', sends(`${json}Content-Length: 7\r\n\r\n"text" `)],
  ['null', sends(`${json}Content-Length: 4\r\n\r\nnull`)],
  ['nothing', sends(`${json}Content-Length: 0\r\n\r\n`)],
  ['an answer of 4 GiB', sends(`${json}Content-Length: 4294967296\r\n\r\n[`)],
  ['a head of 1 MiB', sends(`${json}X: ${'x'.repeat(2 ** 20)}\r\n\r\n`)],
  ['two lengths', sends(`${json}Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]`)],
  ['a length and chunks', sends(`${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n[]`)],
  ['a wrong chunk', sends(`${json}Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n`)],
  ['gzip that is none', sends(`${json}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]`)],
  [
    'a gzip bomb',
    (() => {
      const bomb = gzipSync(Buffer.alloc(2 ** 28, ' '))
      return sends(Buffer.concat([Buffer.from(`${json}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`), bomb]))
    })(),
  ],
  ['another protocol', sends('SSH-2.0-OpenSSH_9.2\r\n')],
  ['HTTP 101', sends('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')],
  ['redirect to itself', answers(({ request, url }) => page(307, { Location: `${url}${request.url}` })(), always)],
  ['redirect once', answers(({ request, url }) => page(307, { Location: `${url}${request.url}` })(), once)],
  ['redirect to another host', answers(() => page(307, { Location: 'https://other.invalid/' })(), always)],
  ['redirect to plain HTTP', answers(({ url }) => page(307, { Location: `${url.replace('https', 'http')}/x` })(), always)],
  ['redirect without a place', answers(page(302), always)],
  [
    'escapes in reason and body',
    sends(`HTTP/1.1 500 ${escapes}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(escapes)}\r\n\r\n${escapes}`),
  ],
]
