/** An HTTP request, as a transport sends it. */
export interface HttpRequest {
  method: string
  url: URL
  headers: Record<string, string>
  /** UTF-8 text; none is no body. */
  body?: string
  /** What an answer of this head has its body put together by, when not by the transport. */
  collect?: (head: ResponseHead) => BodyCollector | undefined
  /** The longest body of a good answer that is taken, in bytes; {@link longestBody} unless given. */
  longest?: number
  /** What of the request is secret, in words: `the token of jane`. */
  secret?: string
  /** Which limit of {@link Patience} holds for its answer; by the method unless given. */
  answers?: 'as a read' | 'as a write'
}

/** The longest body of an answer that is taken, in bytes, as it comes and decoded. */
export const longestBody = 2 ** 26

/** The same for a list: 512 MiB, less what V8's longest text is shorter. */
export const longestList = 2 ** 29 - 24

/** Takes a body as it comes, decoded. */
export interface BodyCollector {
  add(chunk: Buffer): void
  /** The response's body, all of it having come. */
  whole(): Buffer
}

export interface ResponseHead {
  status: number
  /** The server's own reason phrase, without control characters. */
  reason: string
  /** Names in lower case; of a repeated header the last. */
  headers: Record<string, string>
}

/** An HTTP response with its whole body, decoded. */
export interface HttpResponse extends ResponseHead {
  body: Buffer
  /** The proxy that could read and answer the request in the server's place, in words. */
  proxy?: string
}

/**
 * Sends one request and resolves with the response, whatever its status. It neither follows redirects nor tries
 * again.
 *
 * @throws TransportError when no whole response came, or one beyond a limit.
 */
export interface Transport {
  (request: HttpRequest): Promise<HttpResponse>
}

/** Whether a request only reads, so that it may be sent again. */
export function isRead(request: { method: string }): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}

/** The longest wait for the next part of a request's answer, in milliseconds. */
export function longestSilence(
  { method, answers = isRead({ method }) ? 'as a read' : 'as a write' }: HttpRequest,
  { read, write }: Timeouts,
): number {
  return answers === 'as a read' ? read : write
}

/** How long a transport waits, in milliseconds. */
export interface Timeouts {
  /** For a connection: name, TCP, TLS and proxy together. */
  connect: number
  /** For the next part of an answer to a read. */
  read: number
  /** For the next part of an answer to a write. */
  write: number
  /** A whole answer may take so many times as long as its next part; {@link wholeAnswer} unless given. */
  whole?: number
}

/** A whole answer may take so many times as long as its next part. */
export const wholeAnswer = 10
