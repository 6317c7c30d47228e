import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { readRecord } from '../ims/read-record.ts'
import type { Image } from '../ims/records.ts'
import { retryWhileUnavailable } from '../builds/retry-while-unavailable.ts'
import type { WriteContext } from '../builds/build-context.ts'
import { artifactLocation, manifestFile, manifestType } from '../s3/artifacts.ts'
import { s3Url } from '../s3/location.ts'
import type { ObjectInfo, ObjectStore } from '../s3/store.ts'
import type { OwnUploads } from '../s3/unfinished-uploads.ts'
import { transferProgress } from '../terminal/transfer-progress.ts'
import { linkRequest, manifestText, metadataRequests, type ImagePart, type ImportOrder } from './import-plan.ts'
import { metadataOf } from './metadata.ts'
import { allDone, totalOf } from './side-by-side.ts'

type Uploading = WriteContext & {
  readonly store: ObjectStore
  readonly uploads: OwnUploads
  /** It is the only image that is made: whatever is shown names it. */
  readonly only: boolean
}

/**
 * Uploads or copies what an image is to consist of, uploads its manifest, and completes its record.
 *
 * @param onUploaded is told the name of each that is there.
 * @throws CliError where one of these fails; what is there stays, and is found by the next attempt.
 */
export async function uploadImage(
  write: Uploading,
  image: Image,
  { files, metadata }: ImportOrder,
  onUploaded: (name: string) => void,
): Promise<Image> {
  const { api, store, uploads } = write
  const { id } = image
  const uploaded = await uploadFiles(write, image, files, onUploaded)
  const text = Buffer.from(manifestText(image, uploaded, files))
  const md5 = createHash('md5').update(text).digest('hex')
  const place = artifactLocation(id, manifestFile)
  const content = { size: text.length, md5, type: manifestType, open: () => Readable.from([text]) }
  const { etag } = await store.upload(place, content, undefined, uploads)
  // Each can be sent again: it says what is to be, and not what is to be done.
  for (const request of metadataRequests(id, metadata, metadataOf(image))) await retryWhileUnavailable(write, () => api.send(request))
  const answer = await retryWhileUnavailable(write, () => api.send(linkRequest(id, { path: s3Url(place), etag, type: 's3' })))
  return readRecord('image', answer, `image ${id}`)
}

async function uploadFiles(
  { context, progress, store, uploads, only }: Uploading,
  { id, name }: Image,
  files: readonly ImagePart[],
  onUploaded: (name: string) => void,
): Promise<ObjectInfo[]> {
  const total = totalOf(files)
  const transfer = transferProgress(
    { progress, monotonic: context.io.monotonic },
    { what: only ? `${files.some((file) => 'from' in file) ? 'copy' : 'upload'} of image ${name}` : 'upload', total },
  )
  const uploaded = await allDone(files, transfer.update, async (file, onProgress) => {
    const info = await store.upload(artifactLocation(id, file.name), file, onProgress, uploads)
    onUploaded(file.name)
    return info
  })
  transfer.done()
  return uploaded
}
