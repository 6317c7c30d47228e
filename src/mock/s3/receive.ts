import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { S3Call } from './call.ts'
import { S3Refused } from './errors.ts'
import type { Objects, Piece } from './objects.ts'

/**
 * Writes a request's body to a file, and compares it with what the request says of it.
 *
 * @throws S3Refused where it isn't that; nothing is kept then
 */
export async function receive({ headers, body }: S3Call, objects: Objects): Promise<Piece & { md5: string }> {
  const length = headers['content-length']
  // As a RADOS Gateway does with the trailers of newer checksums, too.
  if (length === undefined) throw new S3Refused('MissingContentLength')
  const expected = headers['content-md5']
  if (expected !== undefined && Buffer.from(expected, 'base64').length !== 16) throw new S3Refused('InvalidDigest')
  const sha = headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD'
  const hash = /^[0-9a-f]{64}$/.test(sha) ? createHash('sha256') : undefined
  return store(body, objects, {
    onChunk: (chunk) => hash?.update(chunk),
    check({ size, md5 }) {
      if (size !== Number(length)) throw new S3Refused('IncompleteBody')
      if (expected !== undefined && Buffer.from(expected, 'base64').toString('hex') !== md5) throw new S3Refused('BadDigest')
      if (hash && hash.digest('hex') !== sha) throw new S3Refused('XAmzContentSHA256Mismatch')
    },
  })
}

interface Watch {
  onChunk(chunk: Uint8Array): void
  /** Throws for what isn't kept. */
  check(piece: Piece & { md5: string }): void
}

/** Writes content to a file; nothing is kept of what can't be read, or is refused. */
export async function store(body: AsyncIterable<Uint8Array>, objects: Objects, watch?: Watch): Promise<Piece & { md5: string }> {
  const { file, path } = objects.newFile()
  const written = await open(path, 'wx', 0o600)
  const hash = createHash('md5')
  let size = 0
  try {
    try {
      for await (const chunk of body) {
        hash.update(chunk)
        watch?.onChunk(chunk)
        for (let at = 0; at < chunk.length;) at += (await written.write(chunk, at)).bytesWritten
        size += chunk.length
      }
    } finally {
      await written.close()
    }
    const piece = { file, size, md5: hash.digest('hex') }
    watch?.check(piece)
    return piece
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
}

/** A body that is read as a text: of no more than 4 MiB. @throws S3Refused */
export async function receiveText({ body }: S3Call): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    if ((size += chunk.length) > 4 * 1024 * 1024) throw new S3Refused('MalformedXML')
  }
  return Buffer.concat(chunks).toString()
}
