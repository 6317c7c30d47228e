import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import { CliError } from '../errors.ts'
import type { Http } from '../http/http-client.ts'
import { md5Metadata } from './artifacts.ts'
import { createClient } from './client.ts'
import type { ByteCount, Content, StoredContent } from './content.ts'
import { copyObject, largestCopy } from './copy.ts'
import type { Credentials } from './credentials.ts'
import { s3Url, type Location } from './location.ts'
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from './sdk.ts'
import { statusOf, storeError } from './store-error.ts'
import { unfinishedUploads, type OwnUploads } from './unfinished-uploads.ts'
import { uploadParts } from './upload.ts'

/** What an S3 says of an object. */
export interface ObjectInfo {
  readonly location: Location
  /** Without quotes. Of an object that was uploaded in parts it is no md5 sum, and ends in their number: `-3`. */
  readonly etag: string
  /** In bytes. */
  readonly size: number
  /** The md5 sum of the content, in hexadecimal: of the metadata, or the entity tag where that is one. */
  readonly md5: string | undefined
  readonly type: string | undefined
}

export interface StoreOptions {
  http: Http
  credentials: Credentials
  /** Milliseconds since 1970; the system's clock unless given. */
  now?: () => number
  /** Ends what is under way. */
  signal?: AbortSignal
  /** Objects of more bytes are copied in parts; what an S3 takes unless given. */
  largestCopied?: number
}

/** An S3. Whatever it throws is a CliError that names the object, or the reason of the signal. */
export interface ObjectStore {
  readonly endpoint: string
  /** What is known of an object; undefined where there is none. */
  head(location: Location): Promise<ObjectInfo | undefined>
  /** A small object as a whole. @throws CliError where it is larger than `most` bytes */
  read(location: Location, most: number): Promise<Buffer>
  /** An object's content from a byte on, as long as the object is the one with that entity tag. */
  open(info: ObjectInfo, from?: number): Promise<Readable>
  /** A small object. */
  put(location: Location, bytes: Uint8Array, type: string): Promise<ObjectInfo>
  /**
   * Uploads what may be large, or copies what the S3 has, unless the same is there already.
   *
   * @param own uploads that are taken back also where they were just begun.
   * @throws CliError where somebody else uploads to the same place.
   */
  upload(location: Location, content: Content | StoredContent, onProgress?: ByteCount, own?: OwnUploads): Promise<ObjectInfo>
  /** When something was last uploaded to a place, whole or in part, in milliseconds since 1970; undefined for never. */
  lastUpload(location: Location): Promise<number | undefined>
  remove(location: Location): Promise<void>
  /** The CliError for what failed while an object's content was read. */
  explain(error: unknown, location: Location): Promise<unknown>
  close(): Promise<void>
}

export function openStore({ http, credentials, now = Date.now, signal, largestCopied = largestCopy }: StoreOptions): ObjectStore {
  const client = createClient(http, credentials, signal)
  const explained = async (error: unknown, what: string, method: string, location: Location): Promise<unknown> =>
    signal?.aborted ? signal.reason : storeError(error, { what, location, method }, { http, credentials })

  async function attempt<R>(what: string, method: string, location: Location, work: () => Promise<R>): Promise<R> {
    try {
      signal?.throwIfAborted()
      return await work()
    } catch (error) {
      throw await explained(error, what, method, location)
    }
  }

  async function head(location: Location): Promise<ObjectInfo | undefined> {
    return attempt('looked at', 'HEAD', location, async () => {
      try {
        return infoOf(location, await client.send(new HeadObjectCommand(named(location))))
      } catch (error) {
        if (statusOf(error) === 404) return undefined
        throw error
      }
    })
  }

  async function headAfterWrite(
    location: Location,
    { size, md5 }: Pick<Content, 'size' | 'md5'>,
    done: 'uploaded' | 'copied' = 'uploaded',
  ): Promise<ObjectInfo> {
    const info = await head(location)
    if (info?.size === size && info.md5 === md5) return info
    throw new CliError(`${s3Url(location)} is not what was ${done}`, {
      more: [info ? `It has ${info.size} bytes and md5 ${info.md5 ?? 'none'}; ${done} were ${size} and ${md5}.` : 'It is not there.'],
      next: 'the same command again',
    })
  }

  return {
    endpoint: credentials.endpoint,
    head,
    read: (location, most) =>
      attempt('read', 'GET', location, async () => {
        const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand(named(location)))
        const body = Body as unknown as Readable
        const tooLarge = () => new CliError(`${s3Url(location)} can't be read: it is larger than ${most} bytes`)
        if (ContentLength > most) {
          body.destroy()
          throw tooLarge()
        }
        const chunks: Buffer[] = []
        let size = 0
        for await (const chunk of body) {
          size += (chunk as Buffer).length
          if (size > most) throw tooLarge()
          chunks.push(chunk as Buffer)
        }
        return Buffer.concat(chunks)
      }),
    open: ({ location, etag }, from = 0) =>
      attempt('read', 'GET', location, async () => {
        const range = from > 0 ? { Range: `bytes=${from}-` } : {}
        const { Body } = await client.send(new GetObjectCommand({ ...named(location), ...range, IfMatch: `"${etag}"` }))
        return Body as unknown as Readable
      }),
    async put(location, bytes, type) {
      const md5 = createHash('md5').update(bytes).digest('hex')
      await attempt('written', 'PUT', location, () =>
        client.send(new PutObjectCommand({ ...named(location), Body: bytes, ContentType: type, Metadata: { [md5Metadata]: md5 } })),
      )
      return headAfterWrite(location, { size: bytes.length, md5 })
    },
    async upload(location, content, onProgress = () => {}, own) {
      const present = await head(location)
      if (present && present.size === content.size && present.md5 === content.md5) {
        onProgress(content.size)
        return present
      }
      if ('from' in content) {
        await attempt('copied', 'PUT', content.from.location, () =>
          copyObject(client, named(location), content, { now, own, onProgress, largest: largestCopied }),
        )
        return headAfterWrite(location, content, 'copied')
      }
      await attempt('written', 'PUT', location, () => uploadParts(client, named(location), content, { now, own, onProgress }))
      return headAfterWrite(location, content)
    },
    lastUpload: (location) =>
      attempt('looked at', 'GET', location, async () => {
        const times = (await unfinishedUploads(client, named(location))).map(({ begun, newest }) => newest ?? begun)
        const modified = await client.send(new HeadObjectCommand(named(location))).then(
          ({ LastModified }) => LastModified?.getTime(),
          (error: unknown) => {
            if (statusOf(error) !== 404) throw error
            return undefined
          },
        )
        const all = modified === undefined ? times : [...times, modified]
        return all.length > 0 ? Math.max(...all) : undefined
      }),
    remove: async (location) => {
      await attempt('deleted', 'DELETE', location, () => client.send(new DeleteObjectCommand(named(location))))
    },
    explain: (error, location) => explained(error, 'read', 'GET', location),
    close: async () => {
      client.destroy()
      await http.close()
    },
  }
}

const named = ({ bucket, key }: Location) => ({ Bucket: bucket, Key: key })

function infoOf(location: Location, { ETag = '', ContentLength = 0, ContentType, Metadata = {} }: HeadObjectCommandOutput): ObjectInfo {
  const etag = ETag.replace(/^"|"$/g, '')
  const noted = Metadata[md5Metadata]?.trim().toLowerCase()
  const md5 = noted !== undefined && /^[0-9a-f]{32}$/.test(noted) ? noted : /^[0-9a-f]{32}$/.test(etag) ? etag : undefined
  return { location, etag, size: ContentLength, md5, type: ContentType }
}
