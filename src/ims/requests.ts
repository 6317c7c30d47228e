import type { Value } from '../json/value.ts'
import { encodeSegment, type ApiRequest } from './api.ts'

/** The requests for records of a kind, for commands and library alike. Each throws a CliError for an id that would name another path. */

/** A collection of the service: what is asked for records of a kind. */
export interface Collection {
  /** {@link collectionPath} gives it. */
  readonly path: string
}

/** A request that carries a record, or a change of one. */
export type BodyRequest = ApiRequest & { readonly body: Value }

/** All records of a kind: the service has no filter. */
export const listRequest = ({ path }: Collection): ApiRequest => ({ method: 'GET', path })

/** @param argument what the user typed the id for. */
export const describeRequest = (of: Collection, id: string, argument?: string): ApiRequest => ({
  method: 'GET',
  path: recordPath(of, id, argument),
})

export const createRequest = ({ path }: Collection, body: Value): BodyRequest => ({ method: 'POST', path, body })

export const updateRequest = (of: Collection, id: string, change: Value): BodyRequest => ({
  method: 'PATCH',
  path: recordPath(of, id),
  body: change,
})

export const deleteRequest = (of: Collection, id: string): ApiRequest => ({ method: 'DELETE', path: recordPath(of, id) })

/** @param of the deleted ones. */
export const undeleteRequest = (of: Collection, id: string): ApiRequest => updateRequest(of, id, new Map([['operation', 'undelete']]))

const recordPath = ({ path }: Collection, id: string, argument?: string) => `${path}/${encodeSegment(id, argument)}`
