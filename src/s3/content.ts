import type { Readable } from 'node:stream'
import type { Location } from './location.ts'

/** What is uploaded. */
export interface Content {
  /** In bytes. */
  readonly size: number
  /** The md5 sum, in hexadecimal. */
  readonly md5: string
  /** Its media type. */
  readonly type: string
  /** The md5 sums of its parts, in base64, where they are known. */
  readonly partSums?: readonly string[]
  /** All of it, from the start, each time. */
  open(): Readable
}

/** What the S3 has already, and is copied there: none of it comes here. */
export interface StoredContent extends Omit<Content, 'open'> {
  /** The object. */
  readonly from: StoredObject
}

/** An object as it was found. */
interface StoredObject {
  readonly location: Location
  readonly etag: string
  /** Of its content, in hexadecimal; undefined where the object doesn't say it. */
  readonly md5: string | undefined
}

/** Told how many bytes of an object have gone or come. */
export type ByteCount = (bytes: number) => void

const MiB = 1024 * 1024

/** Parts are of this size, in bytes, unless there would be more of them than an S3 takes. */
const usualPart = 8 * MiB
const mostParts = 10_000

/** The size of the parts that so many bytes are uploaded in, in bytes. */
export const partSize = (size: number): number => Math.max(usualPart, Math.ceil(size / mostParts))
