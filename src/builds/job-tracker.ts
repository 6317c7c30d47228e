import type { Job } from '../ims/records.ts'
import type { BuildContext } from './build-context.ts'

/** What is under way of an image, for whoever is interrupted. */
export interface JobTracker {
  /** Its job; none before it is created, and once it is of no use any more: deleted, or ended without an image. */
  job?: Job
  /** The job waits on its user: it does not go on by itself. */
  waiting?: boolean
}

/** Begins to follow a job: it is named, also when quiet, and where it makes the only image, so is how to resume it. */
export function trackJob(build: BuildContext, job: Job, { resumed }: { resumed: boolean }): void {
  const { context, underWay, only, tell, resume } = build
  underWay.job = job
  tell(`${only ? 'Job' : 'job'} ${job.id}${resumed ? `, ${job.status}, is taken up` : ''}`)
  if (only) tell(`Again: ${context.commandLine(...resume(job))}`)
}
