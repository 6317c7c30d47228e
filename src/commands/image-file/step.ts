import { Failure } from '../../errors.ts'
import { ended, stageOf } from '../../ims/job-outlook.ts'
import type { Image, Job } from '../../ims/records.ts'
import type { Catalogue } from '../image-build/catalogue.ts'
import type { ImageOrder } from '../image-build/order.ts'
import { makePlan, type Plan } from '../image-build/plan.ts'
import { sameKeys } from '../image-build/public-key.ts'
import type { OrderedEntry } from './ordered.ts'
import { orderHash, type EntryState, type FileState } from './state.ts'

/** What is to be done for an image of a file. */
export type Step =
  /** It was made by an earlier run; what that run had no time to delete. */
  | { readonly kept: Image; readonly job: Job | undefined; readonly replaces: Image | undefined }
  /** An earlier run began it. */
  | { readonly begun: Job; readonly replaces: Image | undefined }
  | { readonly plan: Plan }

/** An image of a file, and what its making depends on. */
export interface Planning {
  readonly program: string
  readonly catalogue: Catalogue
  readonly state: FileState
  readonly one: OrderedEntry
  /** The image that it is made from, where that is of the same file. */
  readonly base: Image | undefined
}

/**
 * Decides what is to be done for an image of a file: what an earlier run has made or begun from the same order stays.
 *
 * @throws Failure as {@link makePlan}, and where an earlier order's job is still under way.
 */
export function stepOf(planning: Planning): Step {
  return earlierStep(planning) ?? { plan: planOf(planning) }
}

/** What an earlier run has made or begun; undefined where that was nothing, or is of another order by now. */
export function earlierStep({ catalogue, state, one, base }: Planning): Step | undefined {
  const { order } = one
  const known = state.of(order.name)
  if (known?.order !== hashOf(one, base)) return undefined
  const image = catalogue.images.find(({ id, link }) => id === known.image && link)
  const job = jobOf(known, catalogue, one)
  const replaces = catalogue.images.find(({ id }) => id === known.replaces)
  if (image) return { kept: image, job, replaces }
  if (!job || known.image !== undefined || stageOf(job) === 'error') return undefined
  return order.new && job.job_type === 'create' && stageOf(job) === 'waiting' ? undefined : { begun: job, replaces }
}

/** The job of an earlier run, also of one that ended before it had its answer. */
function jobOf({ job: ours, before }: EntryState, { jobs, publicKeys }: Catalogue, { order, key }: OrderedEntry): Job | undefined {
  if (before === undefined) return jobs.find(({ id }) => id === ours)
  const keys = new Set(sameKeys(publicKeys, key).map(({ id }) => id))
  return jobs.find((job) => job.image_root_archive_name === order.name && keys.has(job.public_key_id) && !before.includes(job.id))
}

function planOf({ program, catalogue, state, one, base }: Planning): Plan {
  const { order, key } = one
  const from: ImageOrder = base ? { ...order, source: base.id } : order
  const images = base && !catalogue.images.some(({ id }) => id === base.id) ? [...catalogue.images, base] : catalogue.images
  const plan = makePlan({ program, catalogue: { ...catalogue, images }, order: from, key })
  const known = state.of(order.name)
  const job = known && jobOf(known, catalogue, one)
  // What it asks of a build is compared; a script that it has run by now was another one.
  const same = plan.takeUp?.id === job?.id && !(job?.job_type === 'customize' && job.status === 'packaging_artifacts')
  if (!job || ended.has(job.status) || same || order.new) return plan
  throw new Failure(`job ${job.id} still makes ${order.name} as it was ordered before`, { more: ['Delete it, or give new: true, to have it made as it is ordered now.'], next: `${program} jobs delete ${job.id}` })
}

/** What of an order makes no other image of it: how its making is looked after. */
const besides = new Set<string>(['public_key', 'if_exists', 'new', 'on_failure', 'keep_job', 'debug', 'script'] satisfies (keyof ImageOrder)[])

/** What tells an order from another one of the same name. */
export function hashOf({ order, script }: OrderedEntry, base: Image | undefined): string {
  const telling = Object.fromEntries(Object.entries(order).filter(([key]) => !besides.has(key)))
  return orderHash(telling, [script && 'content' in script ? script.content : undefined, base?.id])
}
