import type { S3Client } from '@aws-sdk/client-s3'
import { md5Metadata } from './artifacts.ts'
import type { ByteCount, Content } from './content.ts'
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, Upload } from './sdk.ts'
import { statusOf } from './store-error.ts'

const MiB = 1024 * 1024

/** Parts are of this size, in bytes, unless there would be more of them than an S3 takes. */
const usualPart = 8 * MiB
const mostParts = 10_000

/** So many parts are under way at a time; each is in memory. */
const atOnce = 3

/** How long tidying up may take after a failure, in milliseconds. */
const tidyingUp = 30_000

/** An object's place, as the SDK has it. */
export type Named = { Bucket: string; Key: string }

/** Uploads content: as a whole, or in parts where there is more than one. What was begun and has failed is taken back. */
export async function uploadParts(
  client: S3Client,
  named: Named,
  { type, md5, size, open }: Content,
  onProgress: ByteCount,
): Promise<void> {
  await abortUnfinished(client, named)
  const body = open()
  const upload = new Upload({
    client,
    params: { ...named, Body: body, ContentLength: size, ContentType: type, Metadata: { [md5Metadata]: md5 } },
    partSize: Math.max(usualPart, Math.ceil(size / mostParts)),
    queueSize: atOnce,
    // Its own abort would go out by the signal that may have ended the upload.
    leavePartsOnError: true,
  })
  upload.on('httpUploadProgress', ({ loaded = 0 }) => onProgress(Math.min(loaded, size)))
  try {
    await upload.done()
  } catch (error) {
    if (upload.uploadId !== undefined) await abort(client, { ...named, UploadId: upload.uploadId }).catch(() => {})
    throw error
  } finally {
    body.destroy()
  }
}

/** Takes back what an upload to the same place has left that was killed. */
export async function abortUnfinished(client: S3Client, { Bucket, Key }: Named): Promise<void> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }))
  for (const { Key: key, UploadId } of Uploads) if (key === Key && UploadId) await abort(client, { Bucket, Key, UploadId })
}

/** Until the parts are gone: one that arrives meanwhile would be kept for ever. */
export async function abort(client: S3Client, upload: Named & { UploadId: string }): Promise<void> {
  const abortSignal = AbortSignal.timeout(tidyingUp)
  for (let again = 0; again < 5; again++) {
    try {
      await client.send(new AbortMultipartUploadCommand(upload), { abortSignal })
    } catch (error) {
      if (statusOf(error) === 404) return
      throw error
    }
  }
}
