import type { S3Answer, S3Request } from './call.ts'
import { S3Refused } from './errors.ts'
import { described, type S3Site } from './object-handlers.ts'
import { sizeOf, type StoredObject } from './objects.ts'
import { xml } from './xml.ts'

/** CopyObject. Source: a RADOS Gateway, in what it ignores, too. */
export function copyObject(site: S3Site, request: S3Request): S3Answer {
  const { bucket, key, headers } = request
  const from = sourcePlace(request)
  const directive = headers['x-amz-metadata-directive']?.toUpperCase() ?? 'COPY'
  if (directive !== 'COPY' && directive !== 'REPLACE') throw new S3Refused('InvalidArgument')
  if (from.bucket === bucket && from.key === key && directive === 'COPY') throw new S3Refused('InvalidRequest')
  const source = demandSource(site, from)
  demandConditions(source, request)
  const copy = { ...source, ...(directive === 'REPLACE' && described(request)), modified: site.now() }
  site.objects.set(bucket, key, copy)
  return copyAnswer('CopyObjectResult', copy.modified, copy.etag)
}

/** What a copied part consists of: which bytes of which object. Conditions are ignored here. */
export function copiedRange(site: S3Site, request: S3Request): { source: StoredObject; first: number; last: number } {
  const { bucket, key } = sourcePlace(request)
  // A RADOS Gateway decodes it once more here.
  const source = demandSource(site, { bucket, key: decoded(key) })
  const size = sizeOf(source)
  const range = request.headers['x-amz-copy-source-range']
  if (range === undefined) return { source, first: 0, last: size - 1 }
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? []
  if (from === undefined) throw new S3Refused('InvalidArgument')
  // Whatever is left out is 0.
  const [first, last] = [Number(from), Number(to)]
  if (first > last || last >= size) throw new S3Refused('InvalidRange')
  return { source, first, last }
}

/** The answer to what was copied: its entity tag has no quotes. */
export function copyAnswer(name: 'CopyObjectResult' | 'CopyPartResult', modified: number, etag: string): S3Answer {
  const body = xml(name, [
    ['LastModified', new Date(modified).toISOString()],
    ['ETag', etag],
  ])
  return { status: 200, headers: { 'Content-Type': 'application/xml' }, body }
}

function sourcePlace({ headers }: S3Request): { bucket: string; key: string } {
  const [path = ''] = headers['x-amz-copy-source']!.split('?')
  const [, bucket, key] = /^\/?([^/]+)\/(.+)$/s.exec(decoded(path)) ?? []
  if (bucket === undefined || key === undefined) throw new S3Refused('InvalidArgument')
  return { bucket, key }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Refused('NoSuchKey')
  }
}

function demandSource({ buckets, find }: S3Site, { bucket, key }: { bucket: string; key: string }): StoredObject {
  if (!buckets.has(bucket)) throw new S3Refused('NoSuchBucket')
  const source = find(bucket, key)
  if (!source) throw new S3Refused('NoSuchKey')
  return source
}

/** Under these names, and not by those of AWS (`x-amz-copy-source-if-match`), which are ignored. */
function demandConditions({ etag, modified }: StoredObject, { headers }: S3Request): void {
  const condition = (name: string) => headers[`x-amz-copy-if-${name}`]?.replaceAll('"', '')
  const time = (name: string) => Date.parse(condition(name) ?? '')
  const [match, noneMatch] = [condition('match'), condition('none-match')]
  if (match !== undefined && match !== etag) throw new S3Refused('PreconditionFailed')
  if (noneMatch === etag || time('modified-since') >= modified) throw new S3Refused('NotModified')
  if (time('unmodified-since') < modified) throw new S3Refused('PreconditionFailed')
}
