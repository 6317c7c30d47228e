import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TLSSocket } from 'node:tls'
import type { S3Answer, S3Call } from './call.ts'

/** Answers a request to a server by the mock's S3. */
export async function respondS3(
  answerS3: (call: S3Call) => Promise<S3Answer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s)
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(',')]))
    const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
    await send(request, response, await answerS3({ method: request.method ?? 'GET', path, query, headers, body }))
  } catch {
    // The client went away, the disk is full, or the mock is closing.
    request.socket.destroy()
  }
}

async function send(request: IncomingMessage, response: ServerResponse, { status, headers, body = '', broken }: S3Answer): Promise<void> {
  const { socket } = request
  if (broken === 'reset') {
    if (body instanceof Readable) body.destroy()
    return void (socket instanceof TLSSocket ? socket.destroy() : socket.resetAndDestroy())
  }
  // The rest of a body that isn't read isn't waited for.
  const unread = request.readableEnded || request.headers['content-length'] === undefined ? {} : { Connection: 'close' }
  const length = status === 204 || headers['Content-Length'] !== undefined ? {} : { 'Content-Length': String(lengthOf(body)) }
  response.writeHead(status, STATUS_CODES[status], { ...headers, ...length, ...unread })
  if (broken === 'truncate') return half(body, Number(headers['Content-Length'] ?? lengthOf(body)), response)
  if (body instanceof Readable) await pipeline(body, response)
  else response.end(body)
}

const lengthOf = (body: string | Readable) => (typeof body === 'string' ? Buffer.byteLength(body) : 0)

async function half(body: string | Readable, length: number, response: ServerResponse & Writable): Promise<void> {
  let left = length >> 1
  for await (const chunk of typeof body === 'string' ? [Buffer.from(body)] : body) {
    const piece = (chunk as Buffer).subarray(0, left)
    left -= piece.length
    await new Promise((written) => response.write(piece, written))
    if (left === 0) break
  }
  response.socket?.destroySoon()
}
