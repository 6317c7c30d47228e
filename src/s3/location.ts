import { CliError } from '../errors.ts'

/** Where an object is. */
export interface Location {
  readonly bucket: string
  readonly key: string
}

/** `s3://BUCKET/KEY`. */
export function s3Url({ bucket, key }: Location): string {
  return `s3://${bucket}/${key}`
}

/**
 * The location that a link's path names.
 *
 * @param of what has the link, as messages name it: `image compute`.
 * @throws CliError for a path that names no object.
 */
export function parseLocation(path: string, of: string): Location {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(path) ?? []
  if (bucket !== undefined && key !== undefined) return { bucket, key }
  throw new CliError(`${of} has a link that names no object: ${JSON.stringify(path)}`, { more: ['It should be s3://BUCKET/KEY.'] })
}
