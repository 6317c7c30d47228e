import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { S3Answer, S3Call } from './call.ts'

/** A request of the platform's kind, as the S3 takes it. */
export function s3Call(request: Request, url: URL): S3Call {
  return {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    headers: { host: url.host, ...Object.fromEntries(request.headers) },
    body: (request.body as unknown as AsyncIterable<Uint8Array> | null) ?? nothing(),
  }
}

/** What it answers, as a response of that kind; a broken connection is a network error. */
export function s3Response({ status, headers, body, broken }: S3Answer): Response {
  if (broken === 'reset') return Response.error()
  const stream = body instanceof Readable ? (Readable.toWeb(body) as ReadableStream<Uint8Array>) : body
  return new Response(status === 204 ? null : (stream as ConstructorParameters<typeof Response>[0]), { status, headers })
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
