import type { S3Client } from '@aws-sdk/client-s3'
import { md5Metadata } from './artifacts.ts'
import type { ByteCount, Content } from './content.ts'
import { CreateMultipartUploadCommand, Upload } from './sdk.ts'
import { abortUpload, takeBackUnfinished, type Named, type OwnUploads } from './unfinished-uploads.ts'

const MiB = 1024 * 1024

/** Parts are of this size, in bytes, unless there would be more of them than an S3 takes. */
const usualPart = 8 * MiB
const mostParts = 10_000

/** So many parts are under way at a time; each is in memory. */
const atOnce = 3

export interface PartsOptions {
  /** Milliseconds since 1970. */
  now(): number
  readonly own?: OwnUploads
  readonly onProgress: ByteCount
}

/**
 * Uploads content: as a whole, or in parts where there is more than one. What was begun and has failed is taken back.
 *
 * @throws CliError where somebody else uploads to the same place.
 */
export async function uploadParts(
  client: S3Client,
  named: Named,
  { type, md5, size, open }: Content,
  { now, own, onProgress }: PartsOptions,
): Promise<void> {
  await takeBackUnfinished(client, named, now(), own)
  const body = open()
  const upload = new Upload({
    client: noting(client, own),
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
    if (upload.uploadId !== undefined) await abortUpload(client, { ...named, UploadId: upload.uploadId }).catch(() => {})
    throw error
  } finally {
    body.destroy()
  }
}

/** A client that tells of each upload in parts that it begins, before the first part is sent. */
function noting(client: S3Client, own: OwnUploads | undefined): S3Client {
  if (!own) return client
  const send = async (command: unknown, ...how: unknown[]): Promise<unknown> => {
    const answer = await (client.send as (...asked: unknown[]) => Promise<unknown>).call(client, command, ...how)
    if (command instanceof CreateMultipartUploadCommand) own.add((answer as { UploadId: string }).UploadId)
    return answer
  }
  return Object.create(client, { send: { value: send } }) as S3Client
}
