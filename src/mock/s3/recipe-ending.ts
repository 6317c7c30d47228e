import type { Ending } from '../job-phases.ts'
import type { Link } from '../records.ts'
import { hasFile } from './archive.ts'
import type { Objects } from './objects.ts'

/** A larger archive than this, in bytes, is taken for good. */
const mostRead = 64 * 1024 * 1024

/**
 * How a build ends for its recipe's archive: its job looks for it 20 times where it is gone, can't unpack it, or finds no
 * `config.xml` in it. Undefined for an archive that is good, or that nobody uploaded.
 */
export function recipeEnding(objects: Objects, { path }: Link): Ending | undefined {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(path) ?? []
  if (objects.wasDeleted(bucket, key)) return 'fetch-fails'
  const object = objects.get(bucket, key)
  if (!object) return undefined
  const bytes = objects.bytes(object, mostRead)
  if (!bytes) return undefined
  const found = hasFile(bytes, 'config.xml')
  return found ? undefined : found === false ? 'no-config' : 'fetch-crashes'
}
