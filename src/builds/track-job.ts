import type { Job } from '../ims/records.ts'
import type { BuildContext } from './build-context.ts'

/** Begins to follow a job: it is named, also when quiet, and where it makes the only image, so is how to resume it. */
export function trackJob(build: BuildContext, job: Job, { resumed }: { resumed: boolean }): void {
  const { context, underWay, only, tell, resume } = build
  underWay.job = job
  const [resuming, named] = only ? ['Resuming job', 'Job'] : ['resuming job', 'job']
  tell(resumed ? `${resuming} ${job.id}, ${job.status}` : `${named} ${job.id}`)
  if (only) tell(`Resume with: ${context.commandLine(...resume(job))}`)
}
