import type { State } from '../state.ts'
import type { S3Answer, S3Call, S3Request } from './call.ts'
import { errorAnswer, S3Refused } from './errors.ts'
import { copyObject } from './copy.ts'
import { createMultipart } from './multipart.ts'
import { deleteObject, getObject, listObjects, putObject, type S3Site } from './object-handlers.ts'
import type { Objects } from './objects.ts'
import { findObject } from './record-objects.ts'
import type { Sessions } from './sessions.ts'
import { demandSignature } from './signature.ts'

/** The S3 of the mock: what a RADOS Gateway answers, as far as artifacts need it. Paths begin with the bucket. */
export interface S3 {
  answer(call: S3Call): Promise<S3Answer>
}

export function createS3(objects: Objects, state: State, sessions: Sessions, now: () => number): S3 {
  const multipart = createMultipart()
  const buckets = new Set(['ims', 'boot-images'])
  const site: S3Site = { objects, buckets, now, find: (bucket, key) => findObject(objects, state, bucket, key) }

  async function answered(call: S3Call): Promise<S3Answer> {
    demandSignature(call, sessions, now())
    const request = { ...call, ...placeOf(call), parameters: new URLSearchParams(call.query) }
    const { method, bucket, key, parameters } = request
    if (key === '' && method === 'PUT') {
      buckets.add(bucket)
      return { status: 200, headers: {} }
    }
    if (!buckets.has(bucket)) throw new S3Refused('NoSuchBucket')
    if (key !== '') return ofObject(request)
    if (method === 'HEAD') return { status: 200, headers: {} }
    if (method !== 'GET') throw new S3Refused('MethodNotAllowed')
    return parameters.has('uploads') ? multipart.list(site, request) : listObjects(site, request)
  }

  function ofObject(request: S3Request): Promise<S3Answer> | S3Answer {
    const { method, headers, parameters } = request
    const ofUpload = parameters.has('uploadId')
    switch (method) {
      case 'GET':
        return ofUpload ? multipart.listParts(site, request) : getObject(site, request)
      case 'HEAD':
        return ofUpload ? notImplemented() : getObject(site, request)
      case 'PUT':
        if (headers['x-amz-copy-source'] !== undefined) return ofUpload ? multipart.copyPart(site, request) : copyObject(site, request)
        return ofUpload ? multipart.part(site, request) : putObject(site, request)
      case 'POST':
        if (ofUpload) return multipart.complete(site, request)
        return parameters.has('uploads') ? multipart.create(site, request) : notImplemented()
      case 'DELETE':
        return ofUpload ? multipart.abort(site, request) : deleteObject(site, request)
      default:
        throw new S3Refused('MethodNotAllowed')
    }
  }

  return {
    async answer(call) {
      try {
        return await answered(call)
      } catch (error) {
        if (!(error instanceof S3Refused)) throw error
        const { body, ...answer } = errorAnswer(error.code, placeOf(call).bucket)
        return call.method === 'HEAD' || answer.status === 304 ? answer : { ...answer, body }
      }
    },
  }
}

function notImplemented(): never {
  throw new S3Refused('NotImplemented')
}

/** Bucket and key of a request's path; the key is empty for that of the bucket itself. */
export function placeOf({ path }: Pick<S3Call, 'path'>): { bucket: string; key: string } {
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? []
  return { bucket: decoded(bucket), key: decoded(key) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
