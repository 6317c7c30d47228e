import type { S3Client } from '@aws-sdk/client-s3'
import { md5Metadata } from './artifacts.ts'
import { partSize, type ByteCount, type Content } from './content.ts'
import { CreateMultipartUploadCommand, PutObjectCommand, Upload, UploadPartCommand } from './sdk.ts'
import { abortUpload, takeBackUnfinished, type Named, type OwnUploads } from './unfinished-uploads.ts'

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
export async function uploadParts(client: S3Client, named: Named, content: Content, { now, own, onProgress }: PartsOptions): Promise<void> {
  await takeBackUnfinished(client, named, now(), own)
  const { type, md5, size } = content
  const body = content.open()
  const upload = new Upload({
    client: prepared(client, content, own),
    params: { ...named, Body: body, ContentLength: size, ContentType: type, Metadata: { [md5Metadata]: md5 } },
    partSize: partSize(size),
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

/**
 * A client that says the md5 sums of what it sends, where they are known, and tells of each upload in parts that it begins,
 * before the first part is sent.
 */
function prepared(client: S3Client, { md5, partSums = [] }: Content, own: OwnUploads | undefined): S3Client {
  const send = async (command: unknown, ...how: unknown[]): Promise<unknown> => {
    if (command instanceof PutObjectCommand) command.input.ContentMD5 = Buffer.from(md5, 'hex').toString('base64')
    if (command instanceof UploadPartCommand) command.input.ContentMD5 = partSums[command.input.PartNumber! - 1]
    const answer = await (client.send as (...asked: unknown[]) => Promise<unknown>).call(client, command, ...how)
    if (command instanceof CreateMultipartUploadCommand) own?.add((answer as { UploadId: string }).UploadId)
    return answer
  }
  return Object.create(client, { send: { value: send } }) as S3Client
}
