import type { Readable } from 'node:stream'

/** A request to the mock's S3. */
export interface S3Call {
  readonly method: string
  /** The path of the URL, percent-encoded as it came. */
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: AsyncIterable<Uint8Array>
}

/** What the mock's S3 answers. */
export interface S3Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Readable
  /** The server breaks the connection: before it answers, or in the middle of the body. */
  readonly broken?: 'reset' | 'truncate'
}

/** A request whose path and query were taken apart. */
export interface S3Request extends S3Call {
  readonly bucket: string
  readonly key: string
  readonly parameters: URLSearchParams
}
