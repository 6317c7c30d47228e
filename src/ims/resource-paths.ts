import type { RequestInfo } from '../http/request-info.ts'
import { isRead } from '../http/transport.ts'

const collection = /\/v3\/(deleted\/[a-z-]+|remote-build-nodes(?=\/status)|[a-z-]+)(?:\/status)?(\/[^/]+)?$/

/** The command that lists what a request's path is about: `deleted images list`; none for other paths. */
export function listCommand(path: string): readonly string[] | undefined {
  const group = collection.exec(path)?.[1]
  return group === undefined ? undefined : [...group.split('/'), 'list']
}

/** Whether a path names one record, rather than all of a kind. */
export function namesOne(path: string): boolean {
  return collection.exec(path)?.[2] !== undefined
}

/** Whether a path names all records of a kind. */
export function isList(path: string): boolean {
  return listCommand(path) !== undefined && !namesOne(path)
}

/** Of a request that failed when it may have reached the server: that it may have been carried out, and where to look. Nothing of a read. */
export function mayHaveHappened(request: RequestInfo): { readonly lines: readonly string[]; readonly next?: readonly string[] } {
  if (isRead(request)) return { lines: [] }
  return { lines: [`The ${request.method} may have been carried out all the same.`], next: listCommand(request.url.pathname) }
}
