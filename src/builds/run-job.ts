import { CliError } from '../errors.ts'
import { isTransient } from '../ims/availability.ts'
import { stageOf, waitingStatus } from '../ims/job-status.ts'
import type { Image, Job } from '../ims/records.ts'
import type { JobOutcome } from '../jobs/shell-exit.ts'
import { shortId } from '../jobs/lookup.ts'
import { handleFailure, refuseFailedPod } from './on-failure.ts'
import { checkImage } from './finish.ts'
import { followJob, type Stop } from './follow-job.ts'
import type { BuildContext } from './build-context.ts'
import { createPhases } from './phases.ts'
import { giveUp, hasMovedOn, runScript, type Script } from './script.ts'
import { imageOfDeletedJob } from '../jobs/image-of-deleted-job.ts'
import { jobDeletedError } from '../jobs/shell-unavailable.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'
import { openJobShell } from './shell.ts'

/**
 * Follows a job to its end, through the shell of a customize job, and checks its image.
 *
 * @param script what is run in a customize job's image root, in place of a shell.
 * @throws CliError with exit 1 where there will be no image, once it is seen to what becomes of the job.
 */
export async function runJobToCompletion(build: BuildContext, first: Job, script: Script | undefined): Promise<{ job: Job; made: Image }> {
  const { context, progress } = build
  const phases = createPhases()
  let givenUp = false
  let stop = await followJob(build, first, phases, first)
  if (!stop.gone && !stop.dead && stop.job.job_type === 'customize' && stageOf(stop.job) === 'waiting') {
    const opened = context.io.monotonic()
    build.underWay.waiting = true
    givenUp = await customizeInteractively(build, stop, script)
    build.underWay.waiting = false
    phases.passed(waitingStatus, context.io.monotonic() - opened)
    stop = await followJob(build, stop.job, phases)
  }
  const { job } = stop
  if (stop.gone) return { job, made: await madeByGone(build, job) }
  const succeeded = stageOf(job) === 'success'
  if (progress.isInteractive) {
    progress.stop()
    const line = phases.done(!succeeded)
    if (line) progress.log(line)
  }
  if (succeeded) return { job, made: await checkImage(build, job) }
  if (givenUp) throw signalledFailedError(build, job, 'you discarded it')
  build.underWay.waiting = !stop.dead && stageOf(job) === 'waiting'
  const { failure, left } = await handleFailure(build, stop)
  // A create job that waited is over also when it was told to go on.
  if (left !== 'kept' || stageOf(job) === 'error' || stop.dead) build.underWay.job = undefined
  throw failure
}

/**
 * Does what is to be done in the shell of a customize job, until the job goes on.
 *
 * @returns whether its user wants no image of it.
 */
async function customizeInteractively(build: BuildContext, stop: Stop, script: Script | undefined): Promise<boolean> {
  const { attended, supervision } = build
  const { job } = stop
  const movesOn = (left: JobOutcome) => {
    if (left === 'deleted' || left === 'gone') build.underWay.job = undefined
    return left === 'released' || left === 'completed' || left === 'failed'
  }
  if (!script) {
    const left = await openJobShell(build, job).catch(async (failure: unknown) => {
      if (failure instanceof CliError && failure.exit === 1 && !build.context.io.interrupted.aborted) await refuseFailedPod(build, job)
      throw failure
    })
    if (movesOn(left)) return left === 'failed'
    throw new CliError(
      `image ${job.image_root_archive_name} ${left === 'kept' ? 'is not made yet: its job still waits' : 'was not made: its job is deleted'}`,
      { exit: 1 },
    )
  }
  const ending = await runScript(build, job, script)
  if ('jobLeft' in ending || ending.code === 0) return false
  const why = `${'command' in script ? 'the command' : script.shown} ended with ${ending.code}`
  if (!attended && supervision.on_failure === undefined) {
    build.progress.log(`✖ ${why}`)
    await giveUp(build, job).catch(async (failure: unknown) => {
      // Told all the same, though the word of it was lost.
      if (!(failure instanceof CliError && failure.exit === 255 && (await hasMovedOn(build, job)))) throw failure
    })
    throw signalledFailedError(build, job, why)
  }
  const { failure, left } = await handleFailure(build, { ...stop, why })
  if (!movesOn(left)) throw failure
  return left === 'failed'
}

/** The image of a job that was deleted: by whoever follows it, too, once its image is there. */
async function madeByGone(build: BuildContext, job: Job): Promise<Image> {
  build.underWay.job = undefined
  const made = await retryWhileUnavailable(build, () => imageOfDeletedJob(build.api, job), undefined, {
    passes: isTransient,
  })
  if (!made) throw jobDeletedError(job.id)
  build.progress.log(`Job ${shortId(job.id)} is gone; its image ${shortId(made.id)} is there`)
  return made
}

/** A customize job was told to discard its image. */
function signalledFailedError({ underWay }: BuildContext, job: Job, why: string): CliError {
  underWay.job = undefined
  return new CliError(`image ${job.image_root_archive_name} was not made: ${why}`, {
    exit: 1,
    more: [`Job ${job.id} was told to discard its image.`],
    next: ['jobs', 'delete', job.id],
  })
}
