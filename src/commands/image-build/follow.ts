import { ended } from '../../ims/job-outlook.ts'
import type { Job, JobStatus } from '../../ims/records.ts'
import { timeSpan } from '../../terminal/time-span.ts'
import { createHangs } from '../job/hang.ts'
import { shortId, type JobRecord } from '../job/reference.ts'
import { watchJobs } from '../job/watch.ts'
import { goneFailure } from '../job/no-shell.ts'
import { followContainers } from './container-logs.ts'
import type { Making } from './making.ts'
import type { Phases } from './phases.ts'

/** A job that has ended, or waits on its user. */
export interface Stop {
  readonly job: Job
  /** The status that it was in before, where that was seen. */
  readonly previousStatus: JobStatus | undefined
}

/**
 * Follows a job until it has ended, or waits on its user: in a terminal the phases with their times, elsewhere a line a
 * change, and why its pod can't run.
 *
 * @param known the job as it was just read; without it, it has waited on its user before, and was told to go on.
 * @throws Failure with exit 1 when it is gone, 3 at the time limit.
 */
export async function followJob(making: Making, followed: Job, phases: Phases, known?: JobRecord): Promise<Stop> {
  const { app, api, progress, attending, resume, read } = making
  const { id } = followed
  const interval = attending.interval * 1000
  const hangs = createHangs(app, interval, progress.line)
  const logs = attending.logs ? followContainers(making, followed) : undefined
  const watch = { interval, timeout: attending.timeout * 1000, progress, resume: resume(followed), known: known && [known], read }
  let previousStatus: JobStatus | undefined
  try {
    return await watchJobs(app, api, [id], watch, async (seen) => {
      const now = seen.get(id)
      if (!now) {
        making.onOver(followed)
        throw goneFailure(app, id)
      }
      const { job, before, inStatus } = now
      if (before) {
        previousStatus = before.status as JobStatus
        phases.passed(previousStatus, before.lasted)
        if (!progress.live) progress.line(`${shortId(id)} ${before.status} ${timeSpan(before.lasted)} → ${job.status}`)
      }
      hangs.look([now])
      if (ended.has(job.status) || (job.status === 'waiting_on_user' && known)) {
        await logs?.end(ended.has(job.status))
        return { job, previousStatus }
      }
      if (progress.live) progress.now(phases.now(job.status, inStatus))
      return undefined
    })
  } finally {
    hangs.stop()
    logs?.stop()
  }
}
