import { CliError } from '../errors.ts'
import { isEarlier } from '../ims/created.ts'
import { stageOf } from '../ims/job-status.ts'
import { readRecord } from '../ims/read-record.ts'
import type { Image, Job, PublicKey } from '../ims/records.ts'
import { jobs, publicKeys } from '../definitions/records.ts'
import { describeJob, listJobs } from '../jobs/lookup.ts'
import { listRecords } from '../ims/fetch-records.ts'
import type { Inventory } from './inventory.ts'
import { createIdempotently } from './create-idempotently.ts'
import { isJobOf, makesImageFor, matchOf, mayMakeImage, type JobOfOrder } from './job-match.ts'
import type { BuildContext } from './build-context.ts'
import { deleteIfPresent, retryWhileUnavailable } from './retry-while-unavailable.ts'
import { jobRequest, keyRequest, otherJobError, type Plan } from './plan.ts'
import { sameKeys, usableKeys } from './public-key.ts'
import { resumeJob } from './resume-job.ts'
import { trackJob } from './track-job.ts'

/** What a plan's making has begun with. */
export type Started =
  /** A job of our own, or the one that another run of the same order has created a moment before; how it is looked after. */
  | { readonly first: Job; readonly build: BuildContext }
  /** The image that another run has made meanwhile. */
  | { readonly existing: Image }

/**
 * Creates a plan's job. Where another run has created one for the same image since the plan was made, the earlier one
 * stays and ours is deleted, so that there are never two images of a name.
 *
 * @param before what the service had when the plan was made.
 * @throws CliError where another job makes another image of that name, or has made it.
 */
export async function startJob(build: BuildContext, plan: Plan, keyId: string, before: Inventory, debug: boolean): Promise<Started> {
  const { context, api, progress } = build
  const { order, source } = plan
  if (progress.isInteractive) progress.update(`creating the job of ${order.name}`)
  const attempted = context.io.now()
  const wanted = { order, source: source.id, keys: new Set([keyId]) }
  const known = new Set(before.jobs.map(({ id }) => id))
  const job = await createIdempotently(build, {
    what: `job of image ${order.name}`,
    kind: jobs,
    request: jobRequest(plan, keyId, debug),
    read: (answer) => readRecord('job', answer),
    find: async () => (await listJobs(api)).filter((one) => !known.has(one.id) && isJobOf(one, wanted, attempted)),
  })
  trackJob(build, job, { resumed: false })
  return (await earlierRun(build, plan, job, before)) ?? { first: job, build }
}

/** What another run began, or made, since the plan was made and before our job was created; ours is then deleted. */
async function earlierRun(build: BuildContext, plan: Plan, ours: Job, before: Inventory): Promise<Started | undefined> {
  const { api, progress } = build
  const { order } = plan
  // Jobs first: one that isn't there any more has its image by then.
  const [all, images] = await retryWhileUnavailable(
    build,
    async () => [await listJobs(api), (await listRecords(api, 'image')).records] as const,
    ours,
  )
  const isNew = ({ id }: { readonly id: string }, old: readonly { readonly id: string }[]) => !old.some((one) => one.id === id)
  const wanted: JobOfOrder = { order, source: plan.source.id, keys: new Set([ours.public_key_id]) }
  const [winner] = all
    .filter(
      (job) =>
        makesImageFor(job, wanted) && isNew(job, before.jobs) && isEarlier(job, ours) && (mayMakeImage(job) || stageOf(job) === 'success'),
    )
    .toSorted((one, other) => (isEarlier(one, other) ? -1 : 1))
  const named = images.filter((image) => image.name === order.name && isNew(image, before.images))
  const own =
    named.length > 0
      ? await retryWhileUnavailable(build, async () => (await describeJob(api, ours.id)).resultant_image_id, ours)
      : undefined
  const made = named.find(({ id }) => id !== own)
  if (!winner && !made) return undefined

  await deleteIfPresent(build, jobs, ours.id, ours)
  build.underWay.job = undefined
  progress.log(
    `Job ${ours.id} is deleted: ${winner ? `job ${winner.id}, created a moment before, makes ${order.name}` : `image ${made!.id}, made meanwhile, is called ${order.name}`}`,
  )
  if (winner) {
    // The other run may have uploaded the key once more.
    const { records } = await retryWhileUnavailable(build, () => listRecords(api, 'public key'))
    const ofUser = { ...wanted, keys: new Set(sameKeys(records, plan.key).map(({ id }) => id)) }
    const match = matchOf(winner, ofUser)
    if (!match) throw otherJobError(winner, ofUser)
    return { first: winner, build: await resumeJob(build, winner, match === 'foreign') }
  }
  if (order.if_exists === 'skip' && made!.link) return { existing: made! }
  throw new CliError(`the image name ${order.name} is taken: image ${made!.id} was made by another command meanwhile`, {
    next: ['images', 'describe', made!.id],
  })
}

/** The id of a plan's key in the service, where it is uploaded if it isn't there. */
export async function ensureKey(build: BuildContext, plan: Plan): Promise<string> {
  if (plan.keyId !== undefined) return plan.keyId
  const { api, progress } = build
  const record: PublicKey = await createIdempotently(build, {
    what: `public key ${plan.key.name}`,
    kind: publicKeys,
    request: keyRequest(plan),
    read: (answer) => readRecord('public key', answer),
    find: async () => usableKeys((await listRecords(api, 'public key')).records, plan.key),
  })
  progress.log(`Key ${plan.key.shown} uploaded as "${record.name}"`)
  return record.id
}
