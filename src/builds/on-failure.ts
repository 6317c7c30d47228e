import { CliError, type NextStep } from '../errors.ts'
import { stageOf, workIn } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import { jobs } from '../definitions/records.ts'
import type { CommandContext } from '../context.ts'
import { memoryNote, type JobOutcome } from '../jobs/shell-exit.ts'
import { confirm } from '../jobs/confirm.ts'
import { podFailureOf, reasonLines } from '../jobs/pod.ts'
import { shortId } from '../jobs/lookup.ts'
import { podFailedError, failedPodNote, diagnosticCommand } from '../jobs/shell-unavailable.ts'
import { podFailureNow } from '../jobs/pod-watch.ts'
import type { Stop } from './follow-job.ts'
import type { BuildContext } from './build-context.ts'
import { deleteIfPresent, retryWhileUnavailable } from './retry-while-unavailable.ts'
import { keepLogs, openJobShell } from './shell.ts'

/** An image that won't be made. */
interface Failed extends Stop {
  /** Why, where the job doesn't tell. */
  readonly why?: string
}

/** Asked in a terminal: what becomes of a failed job. */
type FailureAction = 'shell' | 'keep' | 'delete'

/**
 * Says why a job made no image, and sees to what becomes of it: its shell is offered in a terminal, or opened, or it is
 * deleted once its logs are saved.
 *
 * @returns the failure to end with; what became of the job.
 */
export async function handleFailure(
  build: BuildContext,
  { job, previousStatus, dead, why }: Failed,
): Promise<{ failure: CliError; left: JobOutcome }> {
  const { context, attended, supervision, progress } = build
  const waits = !dead && stageOf(job) === 'waiting'
  // Seen last needn't have been last: but for packaging, only the pod can tell.
  const packaged = previousStatus !== undefined && workIn(previousStatus) === 'package' ? { previousStatus } : {}
  const pod = why === undefined ? await podFailureOf(context, { ...job, ...packaged }, { found: dead }) : undefined
  const reasons = reasonLines(pod)
  const what = why ?? (dead ? failedPodNote(job) : waits ? 'its build failed' : `job ${shortId(job.id)} ended in error`)
  const failure = (more: readonly string[], next?: NextStep) =>
    new CliError(`image ${job.image_root_archive_name} was not made: ${what}`, { exit: 1, more, next })
  const asked = waits && attended && supervision.on_failure === undefined
  const opened = waits && supervision.on_failure === 'shell'
  // Whoever sits before a question or a shell has to know by then; else the failure itself tells.
  const shown = asked || opened
  if (shown) for (const line of [`✖ ${why ?? 'the build failed'}`, ...reasons]) build.tell(line)
  progress.stop()
  const told = shown ? [] : reasons
  const wish = asked ? await promptFailureAction(build, job) : supervision.on_failure
  if (wish === 'delete') {
    const lossless = (await keepLogs(build, job)) || (asked && (await confirm(context, 'Delete it all the same?')))
    if (!lossless)
      return {
        failure: failure(
          [
            ...told,
            `Job ${job.id} is kept: its logs would be lost with it (--without-logs accepts that). To delete it: ${context.commandLine('jobs', 'delete', job.id)}`,
          ],
          ['jobs', 'describe', job.id],
        ),
        left: 'kept',
      }
    await deleteIfPresent(build, jobs, job.id, job)
    return { failure: failure([...told, `Job ${job.id} is deleted.`]), left: 'deleted' }
  }
  if (wish === 'shell' && waits) {
    const left = await openJobShell(build, job, reasons.length > 0).catch(asFailedBuild)
    return {
      left,
      failure: failure([], left === 'failed' || left === 'released' ? ['jobs', 'logs', job.id, '--failed'] : undefined),
    }
  }
  if (waits)
    return {
      failure: failure(
        [...told, `Job ${job.id} waits on its user${memoryNote(job)}. ${beginAgain(context, job)}`],
        ['jobs', 'debug', job.id],
      ),
      left: 'kept',
    }
  if (dead) return { failure: failure([...told, beginAgain(context, job)], ['jobs', 'delete', job.id]), left: 'kept' }
  return { failure: failure(told, diagnosticCommand(job, pod)), left: 'kept' }
}

/** How to begin anew where a job stands in the way. */
const beginAgain = ({ commandLine }: CommandContext, { id }: Job) => `To begin again: --new, or first ${commandLine('jobs', 'delete', id)}`

/**
 * Refuses a job whose pod has failed: it never ends.
 *
 * @throws CliError with exit 1 that says why, and how to begin anew.
 */
export async function refuseFailedPod(build: BuildContext, job: Job): Promise<void> {
  const { context, api, underWay } = build
  const dead = await retryWhileUnavailable(build, () => podFailureNow(context, api, job), job)
  if (!dead) return
  underWay.job = undefined
  throw await podFailedError(context, job, dead, {
    head: `image ${job.image_root_archive_name} was not made: `,
    more: [beginAgain(context, job)],
  })
}

/** That there is no way into the shell doesn't change what the command ends with. */
function asFailedBuild(error: unknown): never {
  if (!(error instanceof CliError) || error.exit !== 255) throw error
  throw new CliError(error.message, { exit: 1, more: error.more, next: error.next, cause: error })
}

async function promptFailureAction({ context }: BuildContext, job: Job): Promise<FailureAction> {
  context.warn(`Job ${shortId(job.id)} waits on you${memoryNote(job)}.`)
  const answers: Readonly<Record<string, FailureAction>> = { s: 'shell', d: 'delete', '': 'keep' }
  for (;;) {
    const answer = await context.questions
      .ask('Open its shell (s), delete the job (d), or decide later (Enter)? ')
      .catch((error: unknown) => {
        // Ctrl-C is no wish to end anything.
        if (error instanceof CliError && error.bare) return ''
        throw error
      })
    const wish = answers[answer.trim().slice(0, 1).toLowerCase()]
    if (wish) return wish
  }
}
