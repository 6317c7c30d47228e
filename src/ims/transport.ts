/** An HTTP request, as a transport sends it. */
export interface HttpRequest {
  method: string
  url: URL
  headers: Record<string, string>
  /** UTF-8 text; none is no body. */
  body?: string
  /** What an answer of this head has its body put together by, when not by the transport. Not every transport asks. */
  collect?: (head: ResponseHead) => BodyCollector | undefined
}

/** Takes a body as it comes, still compressed. */
export interface BodyCollector {
  add(chunk: Buffer): void
  /** The response's body, all of it having come. */
  whole(): Buffer
}

export interface ResponseHead {
  status: number
  /** The server's own reason phrase. */
  reason: string
  /** Names in lower case; of a repeated header the last. */
  headers: Record<string, string>
}

/** An HTTP response with its whole body, decompressed. */
export interface HttpResponse extends ResponseHead {
  body: Buffer
}

/**
 * Sends one request and resolves with the response, whatever its status. It neither follows redirects nor tries
 * again.
 *
 * @throws TransportFault when no whole response came.
 */
export interface Transport {
  (request: HttpRequest): Promise<HttpResponse>
}

/** Whether a request only reads, so that it may be sent again. */
export function isRead(request: { method: string }): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}

/** How long a transport waits, in milliseconds. */
export interface Patience {
  /** For a connection: name, TCP, TLS and proxy together. */
  connect: number
  /** For the next byte of an answer to a read. */
  read: number
  /** For the next byte of an answer to a write. */
  write: number
}
