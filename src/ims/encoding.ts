import { promisify } from 'node:util'
import type * as Zlib from 'node:zlib'
import { TransportFault } from './faults.ts'

/** The encodings that {@link decompress} undoes, as the request's Accept-Encoding names them. */
export const acceptEncoding = 'gzip, deflate'

// Most answers aren't compressed, and it takes a while to load.
const zlib = (): typeof Zlib => process.getBuiltinModule('node:zlib')

const decoders: Readonly<Record<string, (body: Buffer) => Promise<Buffer>>> = {
  gzip: (body) => promisify(zlib().gunzip)(body),
  'x-gzip': (body) => promisify(zlib().gunzip)(body),
  // Some servers send deflate without its header.
  deflate: (body) => promisify(zlib().inflate)(body).catch(() => promisify(zlib().inflateRaw)(body)),
  identity: async (body) => body,
}

/**
 * A body as it was before its Content-Encoding.
 * @throws TransportFault (truncated) when it is broken or cut off; (protocol) when we never asked for the encoding.
 */
export async function decompress(body: Buffer, contentEncoding = ''): Promise<Buffer> {
  if (body.length === 0) return body
  for (const name of contentEncoding.toLowerCase().split(',').map((each) => each.trim()).filter(Boolean).reverse()) {
    const decode = decoders[name]
    if (!decode) throw new TransportFault('protocol', { sent: true, message: `the answer has an encoding that was not asked for: ${name}` })
    body = await decode(body).catch((cause: unknown) => {
      throw new TransportFault('truncated', { sent: true, message: `the answer's ${name} data is broken`, cause })
    })
  }
  return body
}
