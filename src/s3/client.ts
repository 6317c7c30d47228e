import { createHash } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'
import type { Http } from '../http/http-client.ts'
import type { Credentials } from './credentials.ts'
import { requestHandler } from './request-handler.ts'
import { S3Client as Client } from './sdk.ts'

/** How often a request is sent at most; the waits between grow to 20 s. */
const tries = 6

/**
 * The AWS SDK's client as a Ceph RADOS Gateway wants it, over our own HTTP. Nothing is taken from files and variables of
 * the AWS tools: whatever a user's profile says of other services has no effect here.
 */
export function createClient(http: Pick<Http, 'stream'>, credentials: Credentials, signal?: AbortSignal): S3Client {
  const client = new Client({
    endpoint: credentials.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: () => credentials.keys(),
    // Such a gateway refuses the trailers of newer checksums, and doesn't look at their headers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: requestHandler(http, signal),
    maxAttempts: tries,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    useArnRegion: false,
    disableMultiregionAccessPoints: true,
    disableS3ExpressSessionAuth: true,
    followRegionRedirects: false,
    userAgentAppId: 'cray-ims',
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  })
  client.middlewareStack.add(
    (next) => (args) => {
      const { request } = args as { request?: { method?: string; body?: unknown; headers?: Record<string, string> } }
      if (request?.method === 'PUT' && request.headers) {
        const { body } = request
        // The digest is signed with the headers and compared by the gateway, so that the body needs no second one.
        if (body instanceof Uint8Array) request.headers['content-md5'] ??= createHash('md5').update(body).digest('base64')
        request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
      }
      return next(args)
    },
    { step: 'build', name: 'contentMd5' },
  )
  return client
}
