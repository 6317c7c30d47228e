import { Failure } from '../../errors.ts'
import { stageOf } from '../../ims/job-outlook.ts'
import type { Job } from '../../ims/records.ts'
import type { Left } from '../after-shell.ts'
import { describeJob, type JobRecord } from '../job-reference.ts'
import { handleFailure } from './failure.ts'
import { checkImage, type Made } from './finish.ts'
import { followJob, type Stop } from './follow.ts'
import type { Making } from './making.ts'
import { outlast } from './outlast.ts'
import { createPhases } from './phases.ts'
import { endingText, giveUp, runScript, type Script } from './script.ts'
import { openJobShell } from './shell.ts'

/** What a job needs besides itself. */
export interface Help {
  /** What is run in a customize job's image root, in place of a shell. */
  readonly script: Script | undefined
  /** The private key's file, where it isn't among those that are looked through anyway. */
  readonly identity: string | undefined
}

/**
 * Follows a job to its end, through the shell of a customize job, and checks its image.
 *
 * @throws Failure with exit 1 where there will be no image, once it is seen to what becomes of the job.
 */
export async function bringHome(making: Making, first: JobRecord, help: Help): Promise<{ job: Job; made: Made }> {
  const { progress } = making
  const phases = createPhases()
  let stop = await followJob(making, first, phases)
  if (stop.job.job_type === 'customize' && stageOf(stop.job) === 'waiting') {
    await throughShell(making, stop, help)
    const next = await outlast(making, () => describeJob(making.api, stop.job.id), stop.job)
    stop = await followJob(making, next, phases, true)
  }
  const { job } = stop
  const succeeded = job.status === 'success'
  if (progress.live) {
    progress.stop()
    const line = phases.done(!succeeded)
    if (line) progress.line(line)
  }
  if (succeeded) return { job, made: await checkImage(making, job) }
  const { failure, left } = await handleFailure(making, { ...stop, identity: help.identity })
  // A create job that waited is over also when it was told to go on.
  if (left !== 'kept' || job.status === 'error') making.onOver(job)
  throw failure
}

/** Does what is to be done in the shell of a customize job, until the job goes on. */
async function throughShell(making: Making, stop: Stop, { script, identity }: Help): Promise<void> {
  const { attended, attending, app } = making
  const { job } = stop
  const goesOn = (left: Left) => {
    if (left === 'deleted' || left === 'gone') making.onOver(job)
    return left === 'released' || left === 'told'
  }
  if (!script) {
    const left = await openJobShell(making, job, identity)
    if (goesOn(left)) return
    throw new Failure(`image ${job.image_root_archive_name} was not made: its job ${left === 'kept' ? 'still waits' : 'is deleted'}`, { exit: 1 })
  }
  const ending = await runScript(making, job, script, identity)
  if ('code' in ending && ending.code === 0) return
  const why = `${'command' in script ? 'the command' : script.shown} ${endingText(ending)}`
  if (!attended && attending.on_failure === undefined && 'code' in ending) {
    making.progress.line(`✖ ${why}`)
    await giveUp(making, job, identity)
    making.onOver(job)
    throw new Failure(`image ${job.image_root_archive_name} was not made: ${why}`, { exit: 1, more: [`Job ${job.id} was told to end without a result.`], next: `${app.program} jobs delete ${job.id}` })
  }
  const { failure, left } = await handleFailure(making, { ...stop, why, identity })
  if (!goesOn(left)) throw failure
}
