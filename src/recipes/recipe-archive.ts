import type { Link } from '../ims/records.ts'
import { parseLocation } from '../s3/location.ts'
import type { ObjectInfo, ObjectStore } from '../s3/store.ts'

/** What is known of a recipe's archive; undefined where its link names nothing that is there. */
export async function findArchive(store: ObjectStore, { path }: Link): Promise<ObjectInfo | undefined> {
  return path.startsWith('s3://') ? store.head(parseLocation(path, 'the recipe')) : undefined
}

/** The md5 sum of a recipe's archive, where it is known. */
export async function archiveMd5(store: ObjectStore, link: Link): Promise<string | undefined> {
  return (await findArchive(store, link))?.md5
}
