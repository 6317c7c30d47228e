import { CliError, type NextStep } from '../errors.ts'
import { describeRecord, listRecords } from '../ims/fetch-records.ts'
import { createdAt } from '../ims/created.ts'
import { isGone } from '../ims/server-error.ts'
import type { Image, Job } from '../ims/records.ts'
import { images, jobs } from '../definitions/records.ts'
import { formatDuration } from '../time/time-span.ts'
import { shortId } from '../jobs/lookup.ts'
import type { BuildContext } from './build-context.ts'
import { deleteIfPresent, retryWhileUnavailable } from './retry-while-unavailable.ts'

/**
 * The image of a job that has succeeded.
 *
 * @throws CliError with exit 1 where it isn't there, or isn't complete.
 */
export async function checkImage(build: BuildContext, job: Job): Promise<Image> {
  const { api } = build
  const { id, resultant_image_id: imageId } = job
  const wrong = (why: string, next: NextStep) =>
    new CliError(`job ${id} succeeded, but ${why}`, { exit: 1, more: ['The job is left as it is.'], next })
  if (!imageId) throw wrong('names no image', ['jobs', 'describe', id])
  const image = await retryWhileUnavailable(build, () => describeRecord(api, 'image', imageId), job).catch((error: unknown) => {
    if (isGone(error)) throw wrong(`its image ${imageId} is gone`, ['deleted', 'images', 'describe', imageId])
    throw error
  })
  if (!image.link) throw wrong(`its image ${imageId} has no link: it was not uploaded`, ['jobs', 'logs', id])
  return image
}

/**
 * Removes what a checked image makes superfluous: the image that it replaces, and its job.
 *
 * @returns what became of the job, and how long it took, for a person.
 */
export async function cleanUp(build: BuildContext, job: Job, made: Image, replaces: Image | undefined): Promise<string> {
  const { context, supervision } = build
  if (replaces) await replace(build, job, made, replaces)
  if (!supervision.keep_job) await deleteIfPresent(build, jobs, job.id, job)
  return `linked; job ${supervision.keep_job ? 'kept' : 'deleted'} (${formatDuration(context.io.now() - createdAt(job))})`
}

/** Deletes the image that a made one replaces, if it still is what it was when that was decided. */
async function replace(build: BuildContext, job: Job, made: Image, { id }: Image): Promise<void> {
  const { api, context, progress } = build
  const old = await retryWhileUnavailable(build, () => describeRecord(api, 'image', id), job).catch((error: unknown) => {
    if (isGone(error)) return undefined
    throw error
  })
  if (!old) return
  if (!isReplacedBy(old, made, job)) return progress.log(`Image ${id} is kept: it is not an older image called ${made.name}`)
  progress.log(
    `Deleting image ${id}, created ${old.created}, which ${shortId(made.id)} replaces; to bring it back: ${context.commandLine('images', 'undelete', id)}`,
  )
  await deleteIfPresent(build, images, id, job)
}

/** Only an image that was there before the job may go for the one that the job made. */
function isReplacedBy(old: Image, made: Image, job: Job): boolean {
  return old.id !== made.id && old.name === made.name && createdAt(old) < createdAt(job)
}

/** The only image that has a made one's name and is older than its job, which it replaces; none where there are several. */
export async function olderOfThatName(build: BuildContext, job: Job, made: Image): Promise<Image | undefined> {
  const { records } = await retryWhileUnavailable(build, () => listRecords(build.api, 'image'), job)
  const older = records.filter((one) => isReplacedBy(one, made, job))
  if (older.length > 1) build.progress.log(`${older.length} older images are called ${made.name}: none is deleted`)
  return older.length === 1 ? older[0] : undefined
}
