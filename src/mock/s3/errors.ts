import type { S3Answer } from './call.ts'
import { xml } from './xml.ts'

const statuses = {
  AccessDenied: 403,
  BadDigest: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  NotModified: 304,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const

export type S3ErrorCode = keyof typeof statuses

/** Thrown for a request that is answered with an error. */
export class S3Refused extends Error {
  readonly code: S3ErrorCode

  constructor(code: S3ErrorCode) {
    super(code)
    this.name = 'S3Refused'
    this.code = code
  }
}

const requestId = 'tx000000000000000000001-mock'

/** An error as a RADOS Gateway answers it: without a message for most. */
export function errorAnswer(code: S3ErrorCode, bucket = ''): S3Answer {
  return errorOf(code, statuses[code], bucket)
}

/** The error for a status that a fault asks for. */
export function faultError(status: number): S3Answer {
  const code = { 403: 'AccessDenied', 404: 'NoSuchKey', 500: 'InternalError', 503: 'SlowDown' }[status] ?? 'UnknownError'
  return errorOf(code, status, '')
}

function errorOf(code: string, status: number, bucket: string): S3Answer {
  const body = xml(
    'Error',
    [['Code', code], ...(bucket === '' ? [] : ([['BucketName', bucket]] as const)), ['RequestId', requestId], ['HostId', 'mock']],
    false,
  )
  return { status, headers: { 'Content-Type': 'application/xml', 'x-amz-request-id': requestId }, body }
}
