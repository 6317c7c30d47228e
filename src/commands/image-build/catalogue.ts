import type { Api } from '../../ims/api.ts'
import { isAway } from '../../ims/away.ts'
import type { Image, Job, PublicKey, Recipe } from '../../ims/records.ts'
import { toData } from '../../json/value.ts'
import * as resources from '../../spec/records.ts'
import type { Resource } from '../../spec/verbs.ts'
import type { Progress } from '../../terminal/progress.ts'
import type { App } from '../app.ts'
import { lookUntil } from '../job/watch.ts'

/** What the service has, as it was read before anything is written. */
export interface Catalogue {
  readonly recipes: readonly Recipe[]
  readonly images: readonly Image[]
  readonly publicKeys: readonly PublicKey[]
  readonly jobs: readonly Job[]
}

/** All records of a kind. */
export async function listOf<R>(api: Api, { path }: Resource): Promise<R[]> {
  const records = await api.send({ method: 'GET', path })
  return Array.isArray(records) ? (records.map(toData) as R[]) : []
}

/** How often a service that is away is asked again, before anything is under way. */
const tries = 3

/** Reads what the service has. */
export async function readCatalogue(app: App, api: Api, progress: Progress): Promise<Catalogue> {
  let failed = 0
  const look = async () => {
    const [recipes, images, publicKeys, jobs] = await Promise.all([
      listOf<Recipe>(api, resources.recipes),
      listOf<Image>(api, resources.images),
      listOf<PublicKey>(api, resources.publicKeys),
      listOf<Job>(api, resources.jobs),
    ])
    return { recipes, images, publicKeys, jobs }
  }
  const watch = { interval: 1000, progress, resume: '' }
  return lookUntil(app, watch, look, { enough: (found) => found, passes: (error): error is Error => isAway(error) && ++failed <= tries })
}
