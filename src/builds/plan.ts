import { CliError, type NextStep } from '../errors.ts'
import { createdAt } from '../ims/created.ts'
import { stageOf } from '../ims/job-status.ts'
import type { Image, Job, Recipe } from '../ims/records.ts'
import { toValue } from '../json/value.ts'
import { jobs, publicKeys } from '../definitions/records.ts'
import type { Inventory } from './inventory.ts'
import { makesImageFor, makesImageOf, matchOf, mayMakeImage, type JobOfOrder } from './job-match.ts'
import { differingSettings, fieldRows, jailOf, settingsOf } from './job-settings.ts'
import type { ImageSpec } from './image-spec.ts'
import { sameKeys, usableKeys, type OwnKey } from './public-key.ts'
import { resumeCommand } from './resume-command.ts'
import { candidateLines } from '../ims/reference.ts'
import { createRequest, type BodyRequest } from '../ims/requests.ts'
import { findSource } from './source.ts'

/** What is to be done for an order, decided from what the service has. */
export interface Plan {
  readonly order: ImageSpec
  readonly source: Recipe | Image
  readonly key: OwnKey
  /** The key's record in the service; undefined where it is yet to be uploaded. */
  readonly keyId: string | undefined
  /** The image of that name that is good enough: nothing is to be made. */
  readonly existing: Image | undefined
  /** An unfinished job that makes the same. */
  readonly resumeJob: Job | undefined
  /** The job is somebody else's: it is only followed. */
  readonly foreign: boolean
  /** The image that is deleted once the new one is made. */
  readonly replaces: Image | undefined
}

/** An order, and whose it is. */
export interface Ordered {
  readonly inventory: Inventory
  readonly order: ImageSpec
  readonly key: OwnKey
}

/**
 * Decides what is to be done for an order.
 *
 * @throws CliError for what can't be made: a source that isn't there, isn't one or isn't complete; a name that is taken.
 */
export function makePlan(ordered: Ordered): Plan {
  const { inventory, order, key } = ordered
  const source = findSource(inventory, order)
  const keys = sameKeys(inventory.publicKeys, key)
  const wanted = { order, source: source.id, keys: new Set(keys.map(({ id }) => id)) }
  const own = order.new ? undefined : unfinished(ordered, wanted)
  const other = order.new || own ? undefined : inventory.jobs.find((job) => mayMakeImage(job) && makesImageFor(job, wanted))
  const foreign = other !== undefined && matchOf(other, wanted) === 'foreign'
  const resumeJob = foreign ? other : own
  // What the job itself makes isn't in its way: its image is there before it has ended.
  const images = inventory.images.filter((image) => image.name === order.name && !(resumeJob && createdAt(image) >= createdAt(resumeJob)))
  const { existing, replaces } = resolveNameConflict(ordered, images)
  if (!existing && other && !foreign) throw otherJobError(other, wanted)
  return {
    order,
    source,
    key,
    keyId: resumeJob?.public_key_id ?? usableKeys(inventory.publicKeys, key)[0]?.id,
    existing,
    resumeJob: existing ? undefined : resumeJob,
    foreign,
    replaces,
  }
}

/** What is said where a job makes the same image in another way. */
const addNew = 'To build it with these settings now: add --new.'

/** That a job makes an order's image from the same source, and still isn't the order's. */
export function otherJobError(job: Job, { order, keys }: JobOfOrder): CliError {
  return new CliError(
    `job ${job.id} makes ${order.name} already, ${keys.has(job.public_key_id) ? 'with other settings' : 'for another public key'}`,
    { more: [...differingSettings(order, job), addNew], next: ['jobs', 'wait', job.id, '--query', 'resultant_image_id'] },
  )
}

function unfinished({ inventory, order }: Ordered, wanted: JobOfOrder): Job | undefined {
  const [job] = inventory.jobs
    .filter((job) => ['running', 'waiting'].includes(stageOf(job)) && makesImageOf(job, wanted))
    .toSorted((one, other) => createdAt(other) - createdAt(one))
  const differing = job ? differingSettings(order, job) : []
  if (!job || differing.length === 0) return job
  throw new CliError(`job ${job.id} makes ${order.name} already, with other settings`, {
    more: [...differing, addNew],
    next: resumeCommand(job, order),
  })
}

function resolveNameConflict({ inventory, order }: Ordered, images: readonly Image[]): Pick<Plan, 'existing' | 'replaces'> {
  const none = { existing: undefined, replaces: undefined }
  const unusable = inventory.odd.find(({ kind, name }) => kind === 'image' && name === order.name)
  // It may be the one that would have to be printed, or replaced.
  if (unusable) throw unusable.failure
  if (images.length === 0) return none
  const taken = (why: string, next: NextStep, hint?: string) =>
    new CliError(`the image name ${order.name} is taken${why}`, {
      more: [...candidateLines(images), ...(hint === undefined ? [] : [hint])],
      next,
    })
  const maker = inventory.jobs.find((job) => images.some(({ id }) => id === job.resultant_image_id))
  if (order.if_exists === 'replace') {
    if (images.length === 1) return { ...none, replaces: images[0] }
    if (maker) throw taken(`, by ${images.length} images, one of which job ${maker.id} has made`, resumeCommand(maker, order))
    throw taken(`, by ${images.length} images: which is to be replaced?`, ['images', 'delete', 'ID'])
  }
  if (order.if_exists === 'skip') {
    const [newest] = images.filter(({ link }) => link).toSorted((one, other) => createdAt(other) - createdAt(one))
    if (newest) return { ...none, existing: newest }
    throw taken(', by an image without a link: it was never completed', ['images', 'delete', images[0]!.id])
  }
  if (!maker) throw taken('', 'add --if-exists skip or replace, or another --name')
  throw taken(`: job ${maker.id} has made it`, resumeCommand(maker, order), 'Or add --if-exists skip or replace.')
}

/** The request that uploads a plan's key. */
export function keyRequest({ key }: Pick<Plan, 'key'>): BodyRequest {
  const optionOf = (field: string) => (field === 'public_key' ? `public key ${key.shown}` : undefined)
  return { ...createRequest(publicKeys, toValue({ name: key.name, public_key: key.text })), optionOf }
}

/** The request that creates a plan's job. */
export function jobRequest({ order, source }: Pick<Plan, 'order' | 'source'>, keyId: string, debug: boolean): BodyRequest {
  const settings = settingsOf(order)
  const fields = Object.entries(settings).filter(([, value]) => value !== undefined)
  const jail = jailOf(order)
  return {
    ...createRequest(
      jobs,
      toValue({
        job_type: order.job_type,
        artifact_id: source.id,
        public_key_id: keyId,
        image_root_archive_name: order.name,
        ...(order.job_type === 'create' && { enable_debug: debug }),
        ...Object.fromEntries(fields),
        ...(jail !== undefined && { ssh_containers: [{ name: 'customize', jail }] }),
      }),
    ),
    optionOf(field) {
      if (field === 'image_root_archive_name') return `--name ${order.name}`
      if (field.startsWith('ssh_containers')) return '--jail'
      const row = fieldRows(order.job_type).find((one) => one.field === field)
      const value = settings[field] as string | number | undefined
      return row && (value === undefined ? row.flag : `${row.flag} ${value}`)
    },
  }
}
