import type { RequestInfo } from '../http/request-info.ts'
import { isRead } from '../http/transport.ts'

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
export function mayHaveHappened(request: RequestInfo): string[] {
  if (isRead(request)) return []
  const look = listCommand(request.url.pathname)
  return [`The ${request.method} may have been carried out all the same${look ? `; look with: ${look}` : '.'}`]
}
