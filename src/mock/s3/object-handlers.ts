import type { S3Answer, S3Request } from './call.ts'
import { S3Refused } from './errors.ts'
import { sizeOf, type Objects, type StoredObject } from './objects.ts'
import { receive } from './receive.ts'
import { xml } from './xml.ts'

/** What a request handler of the S3 works with. */
export interface S3Site {
  readonly objects: Objects
  readonly buckets: ReadonlySet<string>
  /** Milliseconds since 1970. */
  now(): number
  /** The object at a place: one that was uploaded, or that a record of the service stands for. */
  find(bucket: string, key: string): StoredObject | undefined
}

const quoted = (etag: string) => `"${etag}"`

/** What the headers of a request say of the object that it makes. */
export function described({ headers }: Pick<S3Request, 'headers'>): Pick<StoredObject, 'type' | 'metadata'> {
  const metadata = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith('x-amz-meta-') && value !== undefined ? [[name.slice('x-amz-meta-'.length), value] as const] : [],
  )
  return { type: headers['content-type'] ?? 'binary/octet-stream', metadata: Object.fromEntries(metadata) }
}

export async function putObject({ objects, now }: S3Site, request: S3Request): Promise<S3Answer> {
  const { md5, ...piece } = await receive(request, objects)
  objects.set(request.bucket, request.key, { pieces: [piece], etag: md5, modified: now(), ...described(request) })
  return { status: 200, headers: { ETag: quoted(md5) } }
}

/** GET and HEAD. */
export function getObject({ objects, find }: S3Site, { bucket, key, headers, method }: S3Request): S3Answer {
  const object = find(bucket, key)
  if (!object) throw new S3Refused('NoSuchKey')
  const wanted = headers['if-match']
  if (wanted !== undefined && wanted !== '*' && wanted.replaceAll('"', '') !== object.etag) throw new S3Refused('PreconditionFailed')
  const size = sizeOf(object)
  const range = rangeOf(headers.range, size)
  const [from, to] = range ?? [0, size - 1]
  const own = Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value] as const)
  return {
    status: range ? 206 : 200,
    headers: {
      'Accept-Ranges': 'bytes',
      'Content-Length': String(to - from + 1),
      'Content-Type': object.type,
      ETag: quoted(object.etag),
      'Last-Modified': new Date(object.modified).toUTCString(),
      ...Object.fromEntries(own),
      ...(range && { 'Content-Range': `bytes ${from}-${to}/${size}` }),
    },
    ...(method === 'GET' && { body: objects.open(object.pieces, from, to) }),
  }
}

function rangeOf(header: string | undefined, size: number): [from: number, to: number] | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === undefined || (first === '' && last === '')) return undefined
  const from = first === '' ? Math.max(size - Number(last), 0) : Number(first)
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (from > to) throw new S3Refused('InvalidRange')
  return [from, to]
}

export function deleteObject({ objects, find }: S3Site, { bucket, key }: S3Request): S3Answer {
  // One that only a record stands for is there first, so that it is gone afterwards.
  find(bucket, key)
  objects.delete(bucket, key)
  return { status: 204, headers: {} }
}

/** ListObjectsV2. */
export function listObjects({ objects }: S3Site, { bucket, parameters }: S3Request): S3Answer {
  const prefix = parameters.get('prefix') ?? ''
  const after = parameters.get('continuation-token') ?? parameters.get('start-after') ?? ''
  const most = Math.min(Number(parameters.get('max-keys') ?? 1000), 1000)
  const all = objects.keys(bucket).filter((key) => key.startsWith(prefix) && key > after)
  const shown = all.slice(0, most)
  const body = xml('ListBucketResult', [
    ['Name', bucket],
    ['Prefix', prefix],
    ['MaxKeys', most],
    ['KeyCount', shown.length],
    ['IsTruncated', String(all.length > shown.length)],
    ...(all.length > shown.length ? ([['NextContinuationToken', shown.at(-1) ?? '']] as const) : []),
    ...shown.map((key) => {
      const object = objects.get(bucket, key)!
      return [
        'Contents',
        [
          ['Key', key],
          ['LastModified', new Date(object.modified).toISOString()],
          ['ETag', quoted(object.etag)],
          ['Size', sizeOf(object)],
          ['StorageClass', 'STANDARD'],
        ],
      ] as const
    }),
  ])
  return { status: 200, headers: { 'Content-Type': 'application/xml' }, body }
}
