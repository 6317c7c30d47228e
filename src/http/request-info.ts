import { STATUS_CODES } from 'node:http'

/** What of a request an error is about. */
export interface RequestInfo {
  method: string
  url: URL
}

/** `HTTP 503 Service Unavailable: GET /apis/ims/v3/jobs`. Scripts look for the standard's reason phrase. */
export function statusLine(status: number, { method, url }: RequestInfo): string {
  return `HTTP ${[status, STATUS_CODES[status]].filter(Boolean).join(' ')}: ${method} ${url.pathname}`
}
