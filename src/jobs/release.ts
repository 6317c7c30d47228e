import { amended, CliError } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { containerPaths, hasEnded, shellAvailability, stageOf } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import { jobs } from '../definitions/records.ts'
import { deleteRequest } from '../ims/requests.ts'
import type { Session } from '../ssh/session.ts'
import { touch } from '../ssh/remote-files.ts'
import { formatDuration } from '../time/time-span.ts'
import { shortId } from './lookup.ts'
import { imageOfDeletedJob } from './image-of-deleted-job.ts'
import { openJob } from './open-shell.ts'
import { podFailedError, jobDeletedError } from './shell-unavailable.ts'
import { createPodWatch } from './pod-watch.ts'
import { pollJobs } from './poll.ts'
import type { Reaching, ShellContext } from './shell-context.ts'
import { lookAtStage, stageAfter } from './stage-after.ts'

/** The signal file that tells a job that waits what to do. */
export type SignalName = 'complete' | 'failed'

/** Tells a job that waits to go on or to end, over SSH. */
export async function tellJob(shell: ShellContext, signal: SignalName, options: Reaching): Promise<void> {
  const { job, progress } = shell
  if (job.job_type === 'create') progress.log(`Job ${shortId(job.id)} is a create job whose build failed: it ends in error either way.`)
  const session = await openJob(shell, options)
  try {
    await signalJob(shell, session, signal, options)
  } finally {
    await session.close()
  }
  progress.log(`Told job ${shortId(job.id)} to ${signal === 'complete' ? 'save its image' : 'discard its image'}`)
}

/** @throws CliError for a job that doesn't wait on its user. */
export function refuseUnlessWaiting(job: Job): void {
  const stage = stageOf(job)
  if (stage === 'waiting') return
  const ready = shellAvailability(job) === 'never' ? [] : ['--for', 'ready']
  const next = stage === 'running' ? ['jobs', 'wait', job.id, ...ready] : ['jobs', 'describe', job.id]
  throw new CliError(`job ${job.id} does not wait on its user: it is ${job.status}`, { exit: 1, next })
}

/**
 * Touches a job's signal file. Where the connection is lost meanwhile, the job may already go on: then it was told.
 *
 * @throws CliError where it wasn't, or where it is interrupted.
 */
export async function signalJob(
  { context, api, job, container }: Omit<ShellContext, 'progress'>,
  session: Session,
  signal: SignalName,
  { interval }: Pick<Reaching, 'interval'>,
): Promise<void> {
  const { complete, failed } = containerPaths(job, container.jail)
  const { interrupted } = context.io
  try {
    await touch(session, signal === 'complete' ? complete : failed, { signal: interrupted })
  } catch (error) {
    if (interrupted.aborted && error === interrupted.reason)
      throw amended(error as CliError, { more: [`Job ${job.id} may have been told all the same.`], next: ['jobs', 'describe', job.id] })
    if (session.lost() === undefined) throw amended(error as CliError, { next: ['jobs', 'debug', job.id] })
    const look = () => lookAtStage(api, job.id).catch(() => 'waiting' as const)
    if ((await stageAfter(context, look, { lost: true, interval })) === 'waiting') throw error
  }
}

/** How a job ended. */
export interface Outcome {
  /** 1 for a customize job that ended in error. */
  exit: number
  /** The id of its image, where it succeeded. */
  image: string | undefined
}

/** How an outcome is waited for. */
interface OutcomeWait {
  /** The job was told to complete: it may have made an image, also if it is gone. */
  readonly hopeful: boolean
  /** Longest wait, in seconds; none is no limit. */
  readonly timeout?: number
  /** Seconds between looks. */
  readonly interval: number
}

/** Waits until a released job has ended, and says how. */
export async function waitForOutcome(
  { context, api, job, progress }: ShellContext,
  { hopeful, timeout, interval }: OutcomeWait,
): Promise<Outcome> {
  const watch = {
    interval: interval * 1000,
    timeout: timeout && timeout * 1000,
    progress,
    resume: ['jobs', 'wait', job.id, '--for', 'done'],
  }
  const pods = createPodWatch(context, { interval: watch.interval, say: progress.log })
  let last = job
  const found = await pollJobs(context, api, [job.id], watch, async (seen) => {
    const now = seen.get(job.id)
    if (!now) {
      const made = hopeful ? await imageOfDeletedJob(api, last) : undefined
      if (!made) throw jobDeletedError(job.id)
      return { gone: made.id }
    }
    last = now.job
    progress.update(`${shortId(job.id)} ${now.job.status} ${formatDuration(now.inStatus)}`)
    if (hasEnded(now.job)) return {}
    const trouble = pods.look([now]).get(job.id)
    if (trouble?.final) throw await podFailedError(context, now.job, trouble)
    return undefined
  }).finally(pods.stop)
  progress.stop()
  if (found.gone !== undefined) {
    progress.log(`✔ job ${shortId(job.id)} is gone; its image ${found.gone} is there`)
    return { image: found.gone, exit: 0 }
  }
  const stage = stageOf(last)
  const image = stage === 'success' ? (last.resultant_image_id ?? undefined) : undefined
  if (stage === 'success') progress.log(`✔ success: image ${image ?? 'none'}`)
  else progress.log(`✖ error. Logs: ${context.commandLine('jobs', 'logs', job.id, '--failed')}`)
  return { image, exit: stage === 'error' && job.job_type === 'customize' ? 1 : 0 }
}

/** Deletes a job, and with it its shell and its memory. */
export async function deleteJob(api: Api, { id }: Job): Promise<void> {
  await api.send(deleteRequest(jobs, id))
}
