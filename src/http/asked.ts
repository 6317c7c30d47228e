import { STATUS_CODES } from 'node:http'
import { isRead } from './transport.ts'

/** What of a request an error is about. */
export interface Asked {
  method: string
  url: URL
}

/** `HTTP 503 Service Unavailable: GET /apis/ims/v3/jobs`. Scripts look for the standard's reason phrase. */
export function statusLine(status: number, { method, url }: Asked): string {
  return `HTTP ${[status, STATUS_CODES[status]].filter(Boolean).join(' ')}: ${method} ${url.pathname}`
}

const collection = /\/v3\/(deleted\/[a-z-]+|remote-build-nodes(?=\/status)|[a-z-]+)(?:\/status)?(\/[^/]+)?$/

/** The command that lists what a request's path is about: `cray-ims deleted images list`; none for other paths. */
export function listCommand(path: string): string | undefined {
  const group = collection.exec(path)?.[1]
  return group && `cray-ims ${group.replace('/', ' ')} list`
}

/** Whether a path names one record, rather than all of a kind. */
export function namesOne(path: string): boolean {
  return collection.exec(path)?.[2] !== undefined
}

/** Whether a path names all records of a kind. */
export function isList(path: string): boolean {
  return listCommand(path) !== undefined && !namesOne(path)
}

/** Where a request failed when it may have reached the server: that what it asked for may have happened. */
export function mayHaveHappened(request: Asked): string[] {
  if (isRead(request)) return []
  const look = listCommand(request.url.pathname)
  return [`The ${request.method} may have been carried out all the same${look ? `; look with: ${look}` : '.'}`]
}
