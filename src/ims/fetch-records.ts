import type { NextStep } from '../errors.ts'
import type { Api } from './api.ts'
import { readRecord, readRecords, type Kinds, type OddRecord } from './read-record.ts'
import { deleteRequest, describeRequest, listRequest, type Collection } from './requests.ts'
import { isGone } from './server-error.ts'
import { collectionPath, type CollectionName } from '../service/collections.ts'

const collections: Readonly<Record<keyof Kinds, CollectionName>> = {
  recipe: 'recipes',
  image: 'images',
  'public key': 'public-keys',
  job: 'jobs',
}

const collectionOf = (kind: keyof Kinds): Collection => ({ path: collectionPath(collections[kind]) })

/**
 * All records of a kind, old ones included, and those that can't be used.
 *
 * @param of the deleted ones.
 */
export async function listRecords<K extends keyof Kinds>(
  api: Api,
  kind: K,
  of = collectionOf(kind),
): Promise<{ records: Kinds[K][]; odd: OddRecord[] }> {
  return readRecords(kind, await api.send(listRequest(of)))
}

/**
 * One record, by its whole id.
 *
 * @throws ServerError where there is none; CliError for one that can't be used.
 */
export async function describeRecord<K extends keyof Kinds>(
  api: Api,
  kind: K,
  id: string,
  { argument, next }: { readonly argument?: string; readonly next?: NextStep } = {},
): Promise<Kinds[K]> {
  return readRecord(kind, await api.send({ ...describeRequest(collectionOf(kind), id, argument), next }), `${kind} ${id}`)
}

/** Deletes a record; that it is gone already is as good. */
export async function deleteRecord(api: Api, of: Collection, id: string): Promise<void> {
  try {
    await api.send(deleteRequest(of, id))
  } catch (error) {
    if (!isGone(error)) throw error
  }
}
