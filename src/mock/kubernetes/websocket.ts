import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** The server's end of a WebSocket that carries binary messages. Source: RFC 6455. */
export interface WebSocketEnd {
  readonly protocol: string
  /** Resolves once the client has room for more. */
  send(bytes: Uint8Array): Promise<void>
  /** Says goodbye, then closes. */
  close(): void
  onMessage(listener: (bytes: Buffer) => void): void
  /** However it ends. */
  onClose(listener: () => void): void
}

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

/** The longest message that is read, in bytes. */
const longest = 4 * 1024 * 1024

/** The first protocol that a request to upgrade offers and we know; undefined where it is no such request. */
export function offeredProtocol({ headers, method }: IncomingMessage, known: readonly string[]): string | undefined {
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket' || !headers['sec-websocket-key']) return undefined
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return offered.find((name) => known.includes(name))
}

/** Takes a request to upgrade, with one of the protocols that it offers. */
export function acceptWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer, protocol: string): WebSocketEnd {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  )
  let hear: (bytes: Buffer) => void = () => {}
  const closed = new Promise<void>((done) => socket.once('close', () => done()))
  const write = (opcode: number, payload: Uint8Array) =>
    new Promise<void>((done) => {
      socket.cork()
      socket.write(frameHead(opcode, payload.length))
      if (socket.write(payload)) done()
      else void Promise.race([closed, new Promise((drained) => socket.once('drain', drained))]).then(() => done())
      socket.uncork()
    })
  const read = frameReader((opcode, payload) => {
    if (opcode === opcodes.ping) void write(opcodes.pong, payload)
    else if (opcode === opcodes.binary) hear(payload)
    else if (opcode === opcodes.close) {
      void write(opcodes.close, payload.subarray(0, 2))
      socket.end()
    }
  })
  const receive = (bytes: Buffer) => {
    if (!read(bytes)) socket.destroy()
  }
  socket.on('error', () => {})
  socket.on('data', receive)
  socket.on('end', () => socket.end())
  if (head.length > 0) queueMicrotask(() => receive(head))
  return {
    protocol,
    send: (bytes) => (socket.writable ? write(opcodes.binary, bytes) : Promise.resolve()),
    close() {
      // 1000: all is well.
      if (socket.writable) void write(opcodes.close, Buffer.from([0x03, 0xe8]))
      socket.end()
    },
    onMessage: (listener) => void (hear = listener),
    onClose: (listener) => void closed.then(listener),
  }
}

function frameHead(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, length])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = 0x80 | opcode
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return head
}

/** Puts frames and messages together from what comes; false where it makes no sense. */
function frameReader(hear: (opcode: number, payload: Buffer) => void): (bytes: Buffer) => boolean {
  let rest: Buffer = Buffer.alloc(0)
  let message: { opcode: number; parts: Buffer[]; length: number } | undefined
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    for (;;) {
      if (rest.length < 2) return true
      const short = rest[1]! & 0x7f
      const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0)
      if (rest.length < start + 4) return true
      const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short
      // A client's frames are always masked.
      if (length > longest || (rest[1]! & 0x80) === 0) return false
      if (rest.length < start + 4 + length) return true
      const mask = rest.subarray(start, start + 4)
      const payload = Buffer.from(rest.subarray(start + 4, start + 4 + length))
      for (let at = 0; at < length; at++) payload[at]! ^= mask[at & 3]!
      const opcode = rest[0]! & 0x0f
      const last = (rest[0]! & 0x80) !== 0
      rest = rest.subarray(start + 4 + length)

      if (opcode >= opcodes.close) hear(opcode, payload)
      else {
        message = opcode === opcodes.continuation ? message : { opcode, parts: [], length: 0 }
        if (!message || (message.length += length) > longest) return false
        message.parts.push(payload)
        if (!last) continue
        hear(message.opcode, Buffer.concat(message.parts))
        message = undefined
      }
    }
  }
}
