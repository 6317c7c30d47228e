import { createHash, randomBytes } from 'node:crypto'
import type { S3Answer, S3Request } from './call.ts'
import { copiedRange, copyAnswer } from './copy.ts'
import { S3Refused } from './errors.ts'
import { described, type S3Site } from './object-handlers.ts'
import type { Piece, StoredObject } from './objects.ts'
import { receive, receiveText, store } from './receive.ts'
import { textsOf, xml, type Content } from './xml.ts'

/** Parts but the last are at least of this size, in bytes. */
const smallestPart = 5 * 1024 * 1024

type Part = Piece & { md5: string; came: number }

/** So many parts are listed at a time. */
const mostListed = 1000

interface Upload {
  readonly bucket: string
  readonly key: string
  readonly begun: number
  readonly described: Pick<StoredObject, 'type' | 'metadata'>
  readonly parts: Map<number, Part>
  /** What it has become. */
  made?: S3Answer
}

type Handler = (site: S3Site, request: S3Request) => Promise<S3Answer> | S3Answer

/** Uploads in parts: each request of one, and the list of those that are under way. */
export interface Multipart {
  create: Handler
  part: Handler
  copyPart: Handler
  complete: Handler
  abort: Handler
  list: Handler
  listParts: Handler
}

export function createMultipart(): Multipart {
  const uploads = new Map<string, Upload>()

  function uploadOf({ bucket, key, parameters }: S3Request): Upload {
    const upload = uploads.get(parameters.get('uploadId') ?? '')
    if (upload?.bucket !== bucket || upload.key !== key) throw new S3Refused('NoSuchUpload')
    return upload
  }

  async function addPart({ objects, now }: S3Site, request: S3Request, receivePart: () => Promise<Omit<Part, 'came'>>): Promise<Part> {
    const { parts } = uploadOf(request)
    const number = Number(request.parameters.get('partNumber'))
    if (!(Number.isInteger(number) && number >= 1 && number <= 10_000)) throw new S3Refused('InvalidArgument')
    const piece = { ...(await receivePart()), came: now() }
    // It may have been aborted meanwhile.
    if (!uploads.has(request.parameters.get('uploadId') ?? '')) {
      objects.removeFiles([piece])
      throw new S3Refused('NoSuchUpload')
    }
    const before = parts.get(number)
    parts.set(number, piece)
    if (before) objects.removeFiles([before])
    return piece
  }

  return {
    create({ now }, request) {
      const { bucket, key } = request
      const id = `2~${randomBytes(16).toString('base64url')}`
      uploads.set(id, { bucket, key, begun: now(), described: described(request), parts: new Map() })
      return document('InitiateMultipartUploadResult', [
        ['Bucket', bucket],
        ['Key', key],
        ['UploadId', id],
      ])
    },
    async part(site, request) {
      const { md5 } = await addPart(site, request, () => receive(request, site.objects))
      return { status: 200, headers: { ETag: `"${md5}"` } }
    },
    async copyPart(site, request) {
      const { objects, now } = site
      const { md5 } = await addPart(site, request, () => {
        const { source, first, last } = copiedRange(site, request)
        return store(objects.open(source.pieces, first, last), objects)
      })
      return copyAnswer('CopyPartResult', now(), md5)
    },
    async complete({ objects, now }, request) {
      const upload = uploadOf(request)
      const text = await receiveText(request)
      // The answer to the first may have been lost.
      if (upload.made) return upload.made
      const numbers = textsOf(text, 'PartNumber').map(Number)
      const etags = textsOf(text, 'ETag').map((etag) => etag.replaceAll('"', ''))
      if (numbers.length === 0 || numbers.length !== etags.length) throw new S3Refused('MalformedXML')
      const chosen = numbers.map((number, at) => {
        const part = upload.parts.get(number)
        if (!part || part.md5 !== etags[at]) throw new S3Refused('InvalidPart')
        return part
      })
      if (chosen.slice(0, -1).some(({ size }) => size < smallestPart)) throw new S3Refused('EntityTooSmall')
      const sums = Buffer.concat(chosen.map(({ md5 }) => Buffer.from(md5, 'hex')))
      const etag = `${createHash('md5').update(sums).digest('hex')}-${chosen.length}`
      const { bucket, key } = upload
      const pieces = chosen.map(({ file, size }) => ({ file, size }))
      objects.set(bucket, key, { pieces, etag, modified: now(), ...upload.described })
      // A RADOS Gateway gives no entity tag here.
      upload.made = document('CompleteMultipartUploadResult', [
        ['Bucket', bucket],
        ['Key', key],
        ['ETag', ''],
      ])
      objects.removeFiles([...upload.parts.values()])
      return upload.made
    },
    abort({ objects }, request) {
      const { parts, made } = uploadOf(request)
      if (made) throw new S3Refused('NoSuchUpload')
      uploads.delete(request.parameters.get('uploadId')!)
      objects.removeFiles([...parts.values()])
      return { status: 204, headers: {} }
    },
    listParts(_, request) {
      const { parts, made } = uploadOf(request)
      if (made) throw new S3Refused('NoSuchUpload')
      const marker = Number(request.parameters.get('part-number-marker') ?? 0)
      const most = Math.min(Number(request.parameters.get('max-parts') ?? mostListed), mostListed)
      const left = [...parts].filter(([number]) => number > marker).sort(([one], [other]) => one - other)
      const listed = left.slice(0, most)
      return document('ListPartsResult', [
        ['Bucket', request.bucket],
        ['Key', request.key],
        ['UploadId', request.parameters.get('uploadId')!],
        ['PartNumberMarker', String(marker)],
        ['NextPartNumberMarker', String(listed.at(-1)?.[0] ?? 0)],
        ['MaxParts', String(most)],
        ['IsTruncated', String(listed.length < left.length)],
        ...listed.map(
          ([number, { md5, size, came }]) =>
            [
              'Part',
              [
                ['PartNumber', String(number)],
                ['LastModified', new Date(came).toISOString()],
                ['ETag', `"${md5}"`],
                ['Size', String(size)],
              ],
            ] as const,
        ),
      ])
    },
    list(_, { bucket, parameters }) {
      const prefix = parameters.get('prefix') ?? ''
      const underWay = [...uploads].filter(([, { bucket: own, key, made }]) => own === bucket && key.startsWith(prefix) && !made)
      return document('ListMultipartUploadsResult', [
        ['Bucket', bucket],
        ['IsTruncated', 'false'],
        ...underWay.map(
          ([id, { key, begun }]) =>
            [
              'Upload',
              [
                ['Key', key],
                ['UploadId', id],
                ['Initiated', new Date(begun).toISOString()],
              ],
            ] as const,
        ),
      ])
    },
  }
}

function document(name: string, content: Content): S3Answer {
  return { status: 200, headers: { 'Content-Type': 'application/xml' }, body: xml(name, content) }
}
