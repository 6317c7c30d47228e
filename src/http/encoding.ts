import type * as Zlib from 'node:zlib'
import { TransportError } from './transport-error.ts'
import { excerpt } from '../text/printable.ts'

/** The encodings that {@link createDecoder} undoes, as the request's Accept-Encoding names them. */
export const acceptEncoding = 'gzip, deflate'

// Most answers aren't compressed, and it takes a while to load.
const zlib = (): typeof Zlib => process.getBuiltinModule('node:zlib')

const piece = { chunkSize: 2 ** 16 }

const decoders: Readonly<Record<string, (head: Buffer) => Zlib.Gunzip | Zlib.Inflate | Zlib.InflateRaw>> = {
  gzip: () => zlib().createGunzip(piece),
  'x-gzip': () => zlib().createGunzip(piece),
  // Some servers send deflate without its header. Source of the check: RFC 1950, 2.2.
  deflate: (head) =>
    (head[0]! & 0x0f) === 8 && ((head[0]! << 8) | (head[1] ?? 0)) % 31 === 0 ? zlib().createInflate(piece) : zlib().createInflateRaw(piece),
}

/** Undoes an encoding while a body comes. */
export interface Decoder {
  add(chunk: Buffer): void
  /** Tells that all has come. */
  end(): void
  /** Stops, and tells nothing any more. */
  destroy(): void
}

/** Is told what a {@link Decoder} does. */
export interface DecoderEvents {
  data(chunk: Buffer): void
  end(): void
  failed(fault: TransportError): void
}

/**
 * What undoes a body's Content-Encoding; undefined where it has none.
 *
 * @throws TransportError (protocol) when we never asked for the encoding: also for one upon another, whose size would grow
 *   with each.
 */
export function createDecoder(contentEncoding: string | undefined, events: DecoderEvents): Decoder | undefined {
  const names = (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((each) => each.trim())
    .filter((name) => name && name !== 'identity')
  const [name] = names
  if (name === undefined) return undefined
  const create = decoders[name]
  if (!create || names.length > 1) {
    throw new TransportError('protocol', {
      sent: true,
      message: `the answer has an encoding that was not asked for: ${excerpt(names.join(', '), 50)}`,
    })
  }
  let stream: ReturnType<typeof create> | undefined
  let head: Buffer = Buffer.alloc(0)
  const start = () => {
    stream = create(head)
    stream.on('data', events.data)
    stream.on('end', events.end)
    stream.on('error', (cause) =>
      events.failed(new TransportError('truncated', { sent: true, message: `the answer's ${name} data is broken`, cause })),
    )
    stream.write(head)
  }
  return {
    add(chunk) {
      if (stream) return void stream.write(chunk)
      head = Buffer.concat([head, chunk])
      if (head.length > 1) start()
    },
    end() {
      if (!stream && head.length === 0) return events.end()
      if (!stream) start()
      stream!.end()
    },
    destroy: () => void stream?.destroy(),
  }
}
