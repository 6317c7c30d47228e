import type { Api } from '../ims/api.ts'
import { isTransient } from '../ims/availability.ts'
import { readRecords, type Kinds, type OddRecord } from '../ims/read-record.ts'
import type { Image, Job, PublicKey, Recipe } from '../ims/records.ts'
import * as resources from '../definitions/records.ts'
import type { Progress } from '../terminal/progress.ts'
import type { CommandContext } from '../context.ts'
import { pollUntil } from '../jobs/poll.ts'

/** What the service has, as it was read before anything is written. */
export interface Inventory {
  readonly recipes: readonly Recipe[]
  readonly images: readonly Image[]
  readonly publicKeys: readonly PublicKey[]
  readonly jobs: readonly Job[]
  /** Records that can't be used: they stop only who needs them. */
  readonly odd: readonly OddRecord[]
}

const paths: Readonly<Record<keyof Kinds, string>> = {
  recipe: resources.recipes.path,
  image: resources.images.path,
  'public key': resources.publicKeys.path,
  job: resources.jobs.path,
}

/**
 * All records of a kind, and those that can't be used.
 *
 * @param path of the deleted ones.
 */
export async function listRecords<K extends keyof Kinds>(
  api: Api,
  kind: K,
  path = paths[kind],
): Promise<{ records: Kinds[K][]; odd: OddRecord[] }> {
  const { records, odd } = readRecords(kind, await api.send({ method: 'GET', path }))
  return { records: records.map(({ data }) => data), odd }
}

/** How often a service that doesn't answer as it should is asked again, before anything is under way. */
const tries = 3

/** Reads what the service has. */
export async function readInventory(context: CommandContext, api: Api, progress: Progress): Promise<Inventory> {
  let failed = 0
  const look = async () => {
    const [recipes, images, publicKeys, jobs] = await Promise.all([
      listRecords(api, 'recipe'),
      listRecords(api, 'image'),
      listRecords(api, 'public key'),
      listRecords(api, 'job'),
    ])
    return {
      recipes: recipes.records,
      images: images.records,
      publicKeys: publicKeys.records,
      jobs: jobs.records,
      odd: [recipes, images, publicKeys, jobs].flatMap(({ odd }) => odd),
    }
  }
  const watch = { interval: 1000, progress }
  if (progress.isInteractive) progress.update('reading what the service has')
  try {
    return await pollUntil(context, watch, look, {
      enough: (found) => found,
      passes: (error): error is Error => isTransient(error) && ++failed <= tries,
    })
  } finally {
    if (progress.isInteractive) progress.stop()
  }
}
