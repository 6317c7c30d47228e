import type { S3Client } from '@aws-sdk/client-s3'
import { CliError } from '../errors.ts'
import { formatDuration } from '../time/time-span.ts'
import { s3Url } from './location.ts'
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand } from './sdk.ts'
import { statusOf } from './store-error.ts'

/** An upload that nothing has come of for so long is nobody's any more, in milliseconds. */
export const quietTime = 10 * 60_000

/** How long tidying up may take after a failure, in milliseconds. */
const tidyingUp = 30_000

/** The uploads in parts that are ours, by their ids. */
export interface OwnUploads {
  has(id: string): boolean
  /** Told of one before its first part is sent. */
  add(id: string): void
}

export type Named = { Bucket: string; Key: string }

/** An upload in parts that has not ended. */
interface Unfinished {
  readonly id: string
  /** When it was begun; both in milliseconds since 1970. */
  readonly begun: number
  /** When its newest part came; undefined where it has none. */
  readonly newest: number | undefined
}

/** The uploads to a place that have not ended. */
export async function unfinishedUploads(client: S3Client, { Bucket, Key }: Named): Promise<Unfinished[]> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }))
  const found: Unfinished[] = []
  for (const { Key: key, UploadId: id, Initiated } of Uploads) {
    if (key !== Key || !id) continue
    found.push({ id, begun: Initiated?.getTime() ?? Date.now(), newest: await newestPart(client, { Bucket, Key, UploadId: id }) })
  }
  return found
}

async function newestPart(client: S3Client, upload: Named & { UploadId: string }): Promise<number | undefined> {
  let newest: number | undefined
  for (let marker: string | undefined; ;) {
    let page
    try {
      page = await client.send(new ListPartsCommand({ ...upload, PartNumberMarker: marker }))
    } catch (error) {
      // It has ended meanwhile.
      if (statusOf(error) === 404) return newest
      throw error
    }
    for (const { LastModified } of page.Parts ?? []) if (LastModified) newest = Math.max(newest ?? 0, LastModified.getTime())
    if (!page.IsTruncated || !page.NextPartNumberMarker || page.NextPartNumberMarker === marker) return newest
    marker = page.NextPartNumberMarker
  }
}

/**
 * Takes back what uploads to a place have left that were killed: our own, and those that nothing comes of any more.
 *
 * @param own without it, one that has just been begun is somebody's, too.
 * @throws CliError for one that somebody goes on with.
 */
export async function takeBackUnfinished(client: S3Client, named: Named, now: number, own?: OwnUploads): Promise<void> {
  for (const { id, begun, newest } of await unfinishedUploads(client, named)) {
    // Killed before its id was noted, an upload of ours has no part.
    const isOurs = own && (own.has(id) || newest === undefined)
    const active = newest ?? begun
    if (!isOurs && now - active < quietTime) {
      throw new CliError(`${s3Url({ bucket: named.Bucket, key: named.Key })} is being uploaded by another command`, {
        more: [
          `Its upload was begun ${new Date(begun).toISOString()}; ${newest === undefined ? 'no part has come yet' : `its newest part came ${new Date(newest).toISOString()}`}.`,
        ],
        next: `the same command again, once nothing has come for ${formatDuration(quietTime)}: from ${new Date(active + quietTime).toISOString()} on`,
      })
    }
    await abortUpload(client, { ...named, UploadId: id })
  }
}

/** Until the parts are gone: one that arrives meanwhile would be kept for ever. */
export async function abortUpload(client: S3Client, upload: Named & { UploadId: string }): Promise<void> {
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
