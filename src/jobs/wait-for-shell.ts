import type { Api } from '../ims/api.ts'
import { hasEnded, shellAvailability, workIn } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import type { Progress } from '../terminal/progress.ts'
import { formatDuration } from '../time/time-span.ts'
import type { CommandContext } from '../context.ts'
import { createPodWatch, podFailureNow } from './pod-watch.ts'
import { shortId } from './lookup.ts'
import { pollJobs } from './poll.ts'
import { podFailedError, jobDeletedError, noShell, podCannotRunError } from './shell-unavailable.ts'

/** How long a shell is waited for. */
export interface ShellWait {
  /** Milliseconds between looks. */
  interval: number
  /** Milliseconds; none is without end. */
  timeout: number | undefined
  /** When the wait began, by the monotonic clock. */
  began: number
}

/**
 * Follows a job until its shell opens.
 *
 * @throws CliError with exit 1 as soon as none can come, 3 at the time limit.
 */
export async function waitForShell(context: CommandContext, api: Api, first: Job, wait: ShellWait, progress: Progress): Promise<Job> {
  const { id } = first
  const pods = createPodWatch(context, { interval: wait.interval, say: progress.log, eager: true })
  const watch = { ...wait, progress, resume: ['jobs', 'debug', id], known: [first] }
  try {
    const { job, outlook, trouble } = await pollJobs(context, api, [id], watch, async (seen) => {
      const now = seen.get(id)
      if (!now) throw jobDeletedError(id)
      if (now.before) progress.log(`✔ ${now.before.status} ${formatDuration(now.before.lasted)} → ${now.job.status}`)
      const outlook = shellAvailability(now.job)
      if (outlook !== 'may come') return { job: now.job, outlook, trouble: undefined }
      progress.update(
        `${shortId(id)} ${now.job.status} ${formatDuration(now.inStatus)}, ${formatDuration(now.total)} in all; waits for ${waitsFor(now.job)}`,
      )
      const trouble = pods.look([now]).get(id)
      return trouble && (trouble.final || trouble.lasting) ? { job: now.job, outlook, trouble } : undefined
    })
    if (trouble && !trouble.final) throw podCannotRunError(job, trouble)
    // A job that opens no shell is looked at once only.
    const dead = trouble ?? (outlook === 'never' && !hasEnded(job) ? await podFailureNow(context, api, job) : undefined)
    if (dead) throw await podFailedError(context, job, dead, { head: 'no shell will come: ' })
    if (outlook === 'never') throw await noShell(context, job)
    return job
  } finally {
    pods.stop()
  }
}

function waitsFor({ job_type, status }: Job): string {
  if (job_type === 'customize') return 'its image'
  return workIn(status) === 'build' ? 'the build, should it fail' : 'its build'
}
