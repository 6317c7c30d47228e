/** What of a request an error is about. */
export interface RequestInfo {
  method: string
  url: URL
}

/** The standard's reason phrase of a status; none for one that it hasn't. */
export function reasonPhrase(status: number): string | undefined {
  // Loaded where something is refused, for the executable's other HTTP does without it.
  return process.getBuiltinModule('node:http').STATUS_CODES[status]
}

/** `HTTP 503 Service Unavailable: GET /apis/ims/v3/jobs`. Scripts look for the standard's reason phrase. */
export function statusLine(status: number, { method, url }: RequestInfo): string {
  return `HTTP ${[status, reasonPhrase(status)].filter(Boolean).join(' ')}: ${method} ${url.pathname}`
}
