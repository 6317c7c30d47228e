import type { DeletedResource, Resource } from '../definitions/resource.ts'
import type { Value } from '../json/value.ts'
import { encodeSegment, type ApiRequest } from './api.ts'

/** The requests for records of a kind, for commands and library alike. Each throws a CliError for an id that would name another path. */

/** A request that carries a record, or a change of one. */
export type BodyRequest = ApiRequest & { readonly body: Value }

/** All records of a kind: the service has no filter. */
export const listRequest = ({ path }: Resource): ApiRequest => ({ method: 'GET', path })

/** @param argument what the user typed the id for. */
export const describeRequest = (of: Resource, id: string, argument?: string): ApiRequest => ({
  method: 'GET',
  path: recordPath(of, id, argument),
})

export const createRequest = ({ path }: Resource, body: Value): BodyRequest => ({ method: 'POST', path, body })

export const updateRequest = (of: Resource, id: string, change: Value): BodyRequest => ({
  method: 'PATCH',
  path: recordPath(of, id),
  body: change,
})

export const deleteRequest = (of: Resource, id: string): ApiRequest => ({ method: 'DELETE', path: recordPath(of, id) })

export const undeleteRequest = (of: DeletedResource, id: string): ApiRequest => updateRequest(of, id, new Map([['operation', 'undelete']]))

const recordPath = ({ path }: Resource, id: string, argument?: string) => `${path}/${encodeSegment(id, argument)}`
