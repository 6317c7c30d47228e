import type { Readable } from 'node:stream'

/** What is uploaded. */
export interface Content {
  /** In bytes. */
  readonly size: number
  /** The md5 sum, in hexadecimal. */
  readonly md5: string
  /** Its media type. */
  readonly type: string
  /** All of it, from the start, each time. */
  open(): Readable
}

/** Told how many bytes of an object have gone or come. */
export type ByteCount = (bytes: number) => void
