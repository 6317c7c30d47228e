import { CliError } from '../errors.ts'
import { isHttp, type Http } from '../http/http-client.ts'
import { RequestError } from '../http/request-error.ts'
import { TransportError } from '../http/transport-error.ts'
import { explain } from '../ims/explain.ts'
import { excerpt } from '../text/printable.ts'
import { s3Url, type Location } from './location.ts'
import type { Credentials } from './credentials.ts'

/** What was being done when an S3 refused it or wasn't reached. */
export interface Attempt {
  /** `read`, `written`, `copied`, `looked at`, `deleted`. */
  readonly what: string
  readonly location: Location
  readonly method: string
}

/** What of an error of the SDK is looked at. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly Code?: string
}

/** The CliError that tells people why an S3 didn't do what it was asked; anything else as it is. */
export async function storeError(
  error: unknown,
  { what, location, method }: Attempt,
  { http, credentials }: { http: Http; credentials: Credentials },
): Promise<unknown> {
  if (error instanceof CliError) return error
  const { endpoint } = credentials
  const failed = `${s3Url(location)} can't be ${what}`
  if (error instanceof TransportError || error instanceof RequestError) {
    const request = { method, url: new URL(endpoint), headers: {} }
    const certificate = error instanceof TransportError && ['untrusted', 'wrong-name', 'expired'].includes(error.kind)
    if (isHttp(http) && (certificate || error instanceof RequestError)) return explain(error, request, http.context(request))
    return new CliError(`${failed}: ${error.message}`, {
      more: [`The S3 is at ${endpoint}.`],
      next: 'the same command again: what was done is not done twice',
      transient: true,
      cause: error,
    })
  }
  const status = statusOf(error)
  if (status === undefined) return error
  const { name, message } = error as SdkError
  const used = `The credentials were ${credentials.inWords()}.`
  const at = `The S3 is at ${endpoint}.`
  if (status === 403 && name === 'RequestTimeTooSkewed') {
    return new CliError(`${failed}: this machine's clock and that of the S3 differ too much`, {
      more: [at],
      next: 'timedatectl',
      cause: error,
    })
  }
  if (status === 403 || status === 401) {
    return new CliError(`${failed}: access denied`, { more: [used, at], next: ['auth', 'login'], cause: error })
  }
  if (status === 404) return new CliError(`${failed}: ${notThere(name, location)}`, { more: [at], cause: error })
  if (name === 'BadDigest' || name === 'XAmzContentSHA256Mismatch') {
    const more = ['It was damaged on its way, or its file was changed meanwhile.', at]
    return new CliError(`${failed}: what arrived is not what was read before`, { more, next: 'the same command again', cause: error })
  }
  const words = [name, message].filter((text) => text && !/^Unknown(Error)?$|Deserialization error/.test(text) && text !== 'Error')
  const answer = [...new Set(words)].join(': ') || 'no reason given'
  return new CliError(`${failed}: HTTP ${status}, ${excerpt(answer)}`, { more: [at, used], transient: status >= 500, cause: error })
}

function notThere(name: string, { bucket }: Location): string {
  if (name === 'NoSuchUpload') return 'its upload was ended by another one to the same place'
  return name === 'NoSuchBucket' ? `there is no bucket ${bucket}` : 'there is no such object'
}

/** The HTTP status that the SDK's error stands for; undefined where it is no answer of an S3. */
export function statusOf(error: unknown): number | undefined {
  return (error as SdkError | undefined)?.$metadata?.httpStatusCode
}
