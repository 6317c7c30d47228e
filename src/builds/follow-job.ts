import { hasEnded, stageOf } from '../ims/job-status.ts'
import type { Job, JobStatus } from '../ims/records.ts'
import type { Diagnosis } from '../kubernetes/diagnosis.ts'
import { formatDuration } from '../time/time-span.ts'
import { createPodWatch } from '../jobs/pod-watch.ts'
import { shortId } from '../jobs/lookup.ts'
import { pollJobs } from '../jobs/poll.ts'
import { followContainers } from './container-logs.ts'
import type { BuildContext } from './build-context.ts'
import type { Phases } from './phases.ts'

/** A job that goes no further: it has ended, waits on its user, or is gone; or its pod has failed. */
export interface Stop {
  /** As it was last seen. */
  readonly job: Job
  /** The status that it was in before, where that was seen. */
  readonly previousStatus: JobStatus | undefined
  /** Why its pod has failed, where nothing sets its status any more. */
  readonly dead?: Diagnosis
  /** It was deleted. */
  readonly gone?: boolean
}

/**
 * Follows a job until it goes no further: in a terminal the phases with their times, elsewhere a line a
 * change, and why its pod can't run.
 *
 * @param known the job as it was just read; without it, it has waited on its user before, and was told to go on.
 * @throws CliError with exit 3 at the time limit.
 */
export async function followJob(build: BuildContext, followed: Job, phases: Phases, known?: Job): Promise<Stop> {
  const { context, api, progress, supervision, resume, read } = build
  const { id } = followed
  const interval = supervision.interval * 1000
  const pods = createPodWatch(context, { interval, say: progress.log })
  const logs = supervision.logs ? followContainers(build, followed) : undefined
  const watch = { interval, timeout: supervision.timeout * 1000, progress, resume: resume(followed), known: known && [known], read }
  let previousStatus: JobStatus | undefined
  let last = followed
  try {
    return await pollJobs(context, api, [id], watch, async (seen) => {
      const now = seen.get(id)
      if (!now) return { job: last, previousStatus, gone: true }
      const { job, before, inStatus } = now
      last = job
      if (before) {
        previousStatus = before.status as JobStatus
        phases.passed(previousStatus, before.lasted)
        if (!progress.isInteractive) progress.log(`${shortId(id)} ${before.status} ${formatDuration(before.lasted)} → ${job.status}`)
      }
      const trouble = pods.look([now]).get(id)
      if (hasEnded(job) || (stageOf(job) === 'waiting' && known)) {
        await logs?.end(hasEnded(job))
        return { job, previousStatus }
      }
      if (trouble?.final) return { job, previousStatus, dead: trouble }
      if (progress.isInteractive) progress.update(phases.now(job.status, inStatus))
      return undefined
    })
  } finally {
    pods.stop()
    logs?.stop()
  }
}
