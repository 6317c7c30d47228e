import type { Api } from '../ims/api.ts'
import { isTransient } from '../ims/availability.ts'
import { listRecords } from '../ims/fetch-records.ts'
import type { OddRecord } from '../ims/read-record.ts'
import type { Image, Job, PublicKey, Recipe } from '../ims/records.ts'
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

/** How often a service that doesn't answer as it should is asked again, before anything is under way. */
const tries = 3

/** Reads what the service has. */
export async function readInventory(context: CommandContext, api: Api, progress: Progress): Promise<Inventory> {
  let failed = 0
  const look = async () => {
    const reading = listRecords(api, 'job')
    const [recipes, publicKeys, jobs, images] = await Promise.all([
      listRecords(api, 'recipe'),
      listRecords(api, 'public key'),
      reading,
      // After the jobs: one that has ended by then has its image.
      reading.then(() => listRecords(api, 'image')),
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
