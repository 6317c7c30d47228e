import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import { CliError } from '../errors.ts'
import { md5Metadata } from './artifacts.ts'
import type { ByteCount, StoredContent } from './content.ts'
import { s3Url, type Location } from './location.ts'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCopyCommand,
} from './sdk.ts'
import { abortUpload, takeBackUnfinished, type Named } from './unfinished-uploads.ts'
import type { PartsOptions } from './upload.ts'

const MiB = 1024 * 1024

/** The most that an S3 copies by one request, in bytes. */
export const largestCopy = 5 * 1024 * MiB

/** Parts are of this size, in bytes, unless there would be more of them than an S3 takes. */
const usualPart = 512 * MiB
const mostParts = 10_000

/** So many parts are under way at a time. */
const atOnce = 3

/**
 * Copies an object within its S3: by one request, or in parts where it is larger than `largest` or says no md5 sum, which the
 * copy then does. What was begun and has failed is taken back.
 *
 * @throws CliError where the object was replaced meanwhile: a RADOS Gateway ignores a condition on the entity tag of what is
 * copied. Whoever copies by one request sees that by the md5 sum, which goes with the content.
 */
export async function copyObject(
  client: S3Client,
  to: Named,
  { from, size, md5, type }: StoredContent,
  { now, own, onProgress, largest }: PartsOptions & { readonly largest: number },
): Promise<void> {
  if (size <= largest && from.md5 === md5) {
    await client.send(new CopyObjectCommand({ ...to, CopySource: sourceOf(from.location), MetadataDirective: 'COPY' }))
    return onProgress(size)
  }
  await takeBackUnfinished(client, to, now(), own)
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...to, ContentType: type, Metadata: { [md5Metadata]: md5 } }))
  own?.add(UploadId!)
  const upload = { ...to, CopySource: sourceOfPart(from.location), UploadId: UploadId! }
  try {
    const parts = await copyParts(client, upload, size, Math.max(Math.min(largest, usualPart), Math.ceil(size / mostParts)), onProgress)
    await demandUnchanged(client, from)
    await client.send(new CompleteMultipartUploadCommand({ ...to, UploadId, MultipartUpload: { Parts: parts } }))
  } catch (error) {
    await abortUpload(client, { ...to, UploadId: UploadId! }).catch(() => {})
    throw error
  }
}

async function copyParts(
  client: S3Client,
  upload: Named & { CopySource: string; UploadId: string },
  size: number,
  partSize: number,
  onProgress: ByteCount,
): Promise<CompletedPart[]> {
  const done: CompletedPart[] = []
  let copied = 0
  // One for all: where a part fails, none is begun any more.
  const ranges = rangesOf(size, partSize)
  const copyNext = async () => {
    for (const { number, first, last } of ranges) {
      const CopySourceRange = `bytes=${first}-${last}`
      const { CopyPartResult } = await client.send(new UploadPartCopyCommand({ ...upload, PartNumber: number, CopySourceRange }))
      done[number - 1] = { PartNumber: number, ETag: CopyPartResult?.ETag }
      onProgress((copied += last - first + 1))
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, copyNext))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return done
}

/** The parts, by their first and last byte. */
function* rangesOf(size: number, partSize: number): Generator<{ number: number; first: number; last: number }> {
  for (let first = 0, number = 1; first < size; first += partSize, number++) {
    yield { number, first, last: Math.min(first + partSize, size) - 1 }
  }
}

async function demandUnchanged(client: S3Client, { location, etag }: StoredContent['from']): Promise<void> {
  const { ETag } = await client.send(new HeadObjectCommand({ Bucket: location.bucket, Key: location.key }))
  if (ETag?.replaceAll('"', '') === etag) return
  throw new CliError(`${s3Url(location)} can't be copied: it was replaced meanwhile`, { next: 'the same command again' })
}

/** As a header names what is copied. */
function sourceOf({ bucket, key }: Location): string {
  return [bucket, ...key.split('/')].map(encodeURIComponent).join('/')
}

/** The same for a part: a RADOS Gateway decodes it twice, which is another key only where that has a `%`. */
function sourceOfPart({ bucket, key }: Location): string {
  return sourceOf({ bucket, key: key.includes('%') ? sourceOf({ bucket: '', key }).slice(1) : key })
}
