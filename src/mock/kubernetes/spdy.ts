import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'

/** What of SPDY/3.1 Kubernetes uses: streams with headers, both ways, without flow control. */
export interface SpdyServer {
  /** Takes what the client sent. */
  receive(bytes: Buffer): void
  close(): void
}

export interface SpdyStream {
  readonly headers: ReadonlyMap<string, string>
  write(bytes: Uint8Array): Promise<void>
  /** Writes no more. */
  end(): void
  /** Called with what the client writes, and with undefined when it writes no more. */
  onData(listener: (bytes: Buffer | undefined) => void): void
  onReset(listener: () => void): void
}

const types = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7 }
const fin = 1

/** The longest frame that is read, in bytes. */
const longest = 1024 * 1024

/**
 * A SPDY server on any stream of bytes.
 *
 * @param send resolves once the client has room for more
 * @param opened a client opened a stream
 * @param broken the client makes no sense
 */
export function createSpdyServer(
  send: (bytes: Uint8Array) => Promise<void>,
  opened: (stream: SpdyStream) => void,
  broken: () => void,
): SpdyServer {
  const inflate = createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH })
  const deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH })
  for (const stream of [inflate, deflate]) stream.on('error', broken)
  const streams = new Map<number, { data(bytes: Buffer | undefined): void; reset(): void }>()
  let rest: Buffer = Buffer.alloc(0)
  let last: Promise<unknown> = Promise.resolve()

  async function open(id: number, flags: number, block: Buffer): Promise<void> {
    const headers = readHeaders(await through(inflate, block))
    let hear: ((bytes: Buffer | undefined) => void) | undefined
    let reset = () => {}
    const early: (Buffer | undefined)[] = []
    const data = (bytes: Buffer | undefined) => (hear ? hear(bytes) : void early.push(bytes))
    streams.set(id, { data, reset: () => reset() })
    await send(control(types.synReply, [id], await through(deflate, Buffer.alloc(4))))
    opened({
      headers,
      write: (bytes) => send(Buffer.concat([dataHead(id, 0, bytes.length), bytes])),
      end: () => void send(dataHead(id, fin, 0)),
      onData(listener) {
        hear = listener
        early.splice(0).forEach(listener)
      },
      onReset: (listener) => void (reset = listener),
    })
    if (flags & fin) data(undefined)
  }

  async function take(head: Buffer, body: Buffer): Promise<void> {
    const flags = head[4]!
    if (!(head[0]! & 0x80)) {
      const stream = streams.get(head.readUInt32BE(0))
      if (body.length > 0) stream?.data(body)
      if (flags & fin) stream?.data(undefined)
      return
    }
    const type = head.readUInt16BE(2)
    if (type === types.synStream) return open(body.readUInt32BE(0) & 0x7fffffff, flags, body.subarray(10))
    if (type === types.ping) return send(control(types.ping, [], body))
    if (type === types.reset) streams.get(body.readUInt32BE(0) & 0x7fffffff)?.reset()
    // Whatever else there is changes nothing here.
  }

  return {
    receive(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      while (rest.length >= 8) {
        const length = rest.readUIntBE(5, 3)
        if (length > longest) return broken()
        if (rest.length < 8 + length) return
        const [head, body] = [rest.subarray(0, 8), rest.subarray(8, 8 + length)]
        rest = rest.subarray(8 + length)
        // One after another: headers are compressed as one text.
        last = last.then(() => take(head, body)).catch(broken)
      }
    },
    close() {
      inflate.close()
      deflate.close()
      for (const { reset } of streams.values()) reset()
    },
  }
}

function control(type: number, ids: readonly number[], body: Uint8Array): Buffer {
  const head = Buffer.alloc(8 + 4 * ids.length)
  head.writeUInt16BE(0x8003, 0)
  head.writeUInt16BE(type, 2)
  head.writeUIntBE(4 * ids.length + body.length, 5, 3)
  ids.forEach((id, index) => head.writeUInt32BE(id, 8 + 4 * index))
  return Buffer.concat([head, body])
}

function dataHead(id: number, flags: number, length: number): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(id, 0)
  head[4] = flags
  head.writeUIntBE(length, 5, 3)
  return head
}

/** What comes out at the other end for what goes in now. */
function through(codec: Inflate | Deflate, bytes: Buffer): Promise<Buffer> {
  return new Promise((done) => {
    const parts: Buffer[] = []
    const collect = (part: Buffer) => void parts.push(part)
    codec.on('data', collect)
    codec.write(bytes, () => {
      // What it has made is handed over in this turn.
      setImmediate(() => {
        codec.off('data', collect)
        done(Buffer.concat(parts))
      })
    })
  })
}

function readHeaders(block: Buffer): Map<string, string> {
  let at = 4
  const text = () => {
    const length = block.readUInt32BE(at)
    at += 4 + length
    return block.toString('utf8', at - length, at)
  }
  const headers = new Map<string, string>()
  for (let left = block.readUInt32BE(0); left > 0; left--) headers.set(text(), text())
  return headers
}

/** Words that headers are likely to have. Source: SPDY protocol, draft 3, section 2.6.10.1. */
const words =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin'
const values =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.'

const dictionary = Buffer.concat([
  ...words.split(' ').map((word) => {
    const text = Buffer.from(`0000${word.replace('_', ' ')}`)
    text.writeUInt32BE(text.length - 4, 0)
    return text
  }),
  Buffer.from(values),
])
