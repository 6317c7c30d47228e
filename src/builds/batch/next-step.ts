import { optionKey, type OptionDefinition } from '../../definitions/definition.ts'
import { imageKeys } from '../../definitions/image-builds.ts'
import { CliError } from '../../errors.ts'
import { hasEnded, stageOf, workIn } from '../../ims/job-status.ts'
import type { Image, Job } from '../../ims/records.ts'
import type { Inventory } from '../inventory.ts'
import type { ImageSpec } from '../image-spec.ts'
import { isJobOf, isSince } from '../job-match.ts'
import { makePlan, type Plan } from '../plan.ts'
import { sameKeys } from '../public-key.ts'
import { findSource } from '../source.ts'
import type { OrderedBuild } from '../images-file/ordered.ts'
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
  readonly inventory: Inventory
  readonly state: FileState
  readonly one: OrderedBuild
  /** The image that it is made from, where that is of the same file. */
  readonly base: Image | undefined
}

/**
 * Decides what is to be done for an image of a file: what an earlier run has made or begun from the same order stays.
 *
 * @throws CliError as {@link makePlan}, and where an earlier order's job is still under way.
 */
export function nextStep(planning: Planning): Step {
  return earlierStep(planning) ?? { plan: planOf(planning) }
}

/** What an earlier run has made or begun; undefined where that was nothing, or is of another order by now. */
export function earlierStep(planning: Planning): Step | undefined {
  const { inventory, state, one, base } = planning
  const { order } = one
  const known = state.of(order.name)
  if (known?.order !== hashOf(one, base)) return undefined
  const image = inventory.images.find(({ id, link, name }) => id === known.image && link && name === order.name)
  const started = startedJob(known, inventory, one)
  const job =
    started && isJobOf(started, { order, source: known.source ?? sourceOf(planning), keys: keysOf(inventory, one) }, attempted(known))
      ? started
      : undefined
  const replaces = inventory.images.find(({ id, name }) => id === known.replaces && name === order.name)
  if (image) return { kept: image, job: job?.resultant_image_id === image.id ? job : undefined, replaces }
  if (!job || known.image !== undefined || stageOf(job) === 'error') return undefined
  return order.new && job.job_type === 'create' && stageOf(job) === 'waiting' ? undefined : { begun: job, replaces }
}

/** The job that an earlier run started, also one that ended before it had its answer. Whether it is that of the order is another question. */
function startedJob(known: EntryState, inventory: Inventory, one: OrderedBuild): Job | undefined {
  const { job: ours, before, source } = known
  if (before === undefined) return inventory.jobs.find(({ id }) => id === ours)
  const keys = keysOf(inventory, one)
  const since = attempted(known)
  return inventory.jobs.find(
    (job) =>
      !before.includes(job.id) &&
      job.image_root_archive_name === one.order.name &&
      keys.has(job.public_key_id) &&
      (source ?? job.artifact_id) === job.artifact_id &&
      isSince(job, since),
  )
}

const keysOf = ({ publicKeys }: Inventory, { key }: OrderedBuild) => new Set(sameKeys(publicKeys, key).map(({ id }) => id))

const attempted = ({ attempted: time }: EntryState) => (time === undefined ? undefined : Date.parse(time))

/** The id of what an order is made from; undefined where that is gone, or is several by now. */
function sourceOf({ inventory, one: { order }, base }: Planning): string | undefined {
  if (base) return base.id
  try {
    return findSource(inventory, order).id
  } catch (error) {
    if (error instanceof CliError) return undefined
    throw error
  }
}

function planOf({ inventory, state, one, base }: Planning): Plan {
  const { order, key } = one
  const from: ImageSpec = base ? { ...order, source: base.id } : order
  const images = base && !inventory.images.some(({ id }) => id === base.id) ? [...inventory.images, base] : inventory.images
  const plan = makePlan({ inventory: { ...inventory, images }, order: from, key })
  const known = state.of(order.name)
  const job = known && startedJob(known, inventory, one)
  // What it asks of a build is compared; a script that it has run by now was another one.
  const same = plan.resumeJob?.id === job?.id && !(job?.job_type === 'customize' && workIn(job.status) === 'package')
  if (!job || hasEnded(job) || same || order.new) return plan
  throw new CliError(`job ${job.id} still makes ${order.name} with its earlier settings`, {
    more: ['Delete it, or add new: true, to make it with the present settings.'],
    next: ['jobs', 'delete', job.id],
  })
}

/** What of an order makes no other image of it. */
const besides = new Set(
  [...imageKeys.recipe, ...imageKeys.base].filter((row: OptionDefinition) => row.affectsImage === false).map((row) => optionKey(row)),
)

/** What tells an order from another one of the same name. */
export function hashOf({ order, script }: OrderedBuild, base: Image | undefined): string {
  const telling = Object.fromEntries(Object.entries(order).filter(([key]) => !besides.has(key)))
  return orderHash(telling, [script && 'content' in script ? script.content : undefined, base?.id])
}
