import { CliError } from '../errors.ts'
import { hasEnded, hasReached, stageOf, waitingStatus } from '../ims/job-status.ts'
import { jobStatuses } from '../service/job-statuses.ts'
import type { Job, JobStatus } from '../ims/records.ts'
import { goals } from '../definitions/job-shells.ts'
import type { Diagnosis } from '../kubernetes/diagnosis.ts'
import type { CommandContext } from '../context.ts'
import { podFailedError, failedPodNote } from './shell-unavailable.ts'
import type { JobSnapshot } from './poll.ts'

/** Whether a job is where it should be, may still get there, or can't any more. */
export type Verdict = 'met' | 'pending' | 'unreachable'

/** Judges a job by a look at it; undefined for one that is gone. */
export type Condition = (seen: Pick<JobSnapshot, 'job'> | undefined, signal: AbortSignal) => Verdict | Promise<Verdict>

const verdicts = { yes: 'met', may: 'pending', no: 'unreachable' } as const

/** The judge for what is waited for: `success`, `done`, `ready`, or a status. Undefined for what is none of these. */
export function parseCondition(goal: string): Condition | undefined {
  const named = goals.find((known) => known === goal)
  if (named) return conditions[named]
  const status = jobStatuses.find((known) => known === goal)
  return status && reached(status)
}

const present =
  (judge: (seen: Pick<JobSnapshot, 'job'>, signal: AbortSignal) => Verdict | Promise<Verdict>): Condition =>
  (seen, signal) =>
    seen ? judge(seen, signal) : 'unreachable'

const reached = (status: JobStatus): Condition => present(({ job }) => verdicts[hasReached(job, status)])

const conditions: Readonly<Record<(typeof goals)[number], Condition>> = {
  success: reached('success'),
  done: present(({ job }) => (hasEnded(job) ? 'met' : 'pending')),
  ready: present(async ({ job }, signal) => {
    const verdict = verdicts[hasReached(job, waitingStatus)]
    if (verdict !== 'met') return verdict
    // It was there once, but isn't any more.
    if (stageOf(job) !== 'waiting') return 'unreachable'
    const { answers } = await import('../ssh/addresses.ts')
    return (await answers(job, { signal })) ? 'met' : 'pending'
  }),
}

/** A job that can't get where it should be; without a record when it is gone. */
interface Lost {
  readonly id: string
  readonly job: Job | undefined
  /** Why its pod has failed, where nothing sets its status any more. */
  readonly dead?: Diagnosis
}

/** What is said when jobs can't get there any more. */
export async function unreachableError(context: CommandContext, lost: readonly [Lost, ...Lost[]], goal: string): Promise<CliError> {
  const [{ id, job, dead }, ...others] = lost
  const more = others.map((one) => (one.job && one.dead ? failedPodNote(one.job) : `job ${one.id} ${whyLost(one.job, goal)}`))
  if (job && dead) return podFailedError(context, job, dead, { more })
  return new CliError(`job ${id} ${whyLost(job, goal)}`, { exit: 1, more, next: job ? next(job) : ['jobs', 'list'] })
}

function next(job: Job): readonly string[] {
  const stage = stageOf(job)
  if (stage === 'waiting') return ['jobs', 'debug', job.id]
  return stage === 'error' ? ['jobs', 'logs', job.id, '--failed'] : ['jobs', 'describe', job.id]
}

function whyLost(job: Job | undefined, goal: string): string {
  if (!job) return 'is gone: it was deleted'
  const stage = stageOf(job)
  if (stage === 'error') return 'ended in error'
  if (stage === 'success') return `succeeded, and so never gets to ${goal}`
  if (stage === 'waiting')
    return job.job_type === 'create'
      ? 'waits on its user: its build failed, and it ends in error whatever is done'
      : `waits on its user, and so never gets to ${goal}`
  const shell = goal === 'ready' || goal === waitingStatus
  if (shell && job.job_type === 'create' && !job.enable_debug) return `is in ${job.status}, with debug off: no shell opens`
  return `is in ${job.status}, and does not get to ${goal} any more`
}
