import type { Job } from '../ims/records.ts'
import { refuseFailedPod } from './on-failure.ts'
import type { BuildContext } from './build-context.ts'
import { trackJob } from './track-job.ts'

/**
 * Takes up a job that was there before.
 *
 * @param foreign it is for another public key: its image is waited for, and all else is left to whoever created it.
 * @returns how it is looked after from here on.
 * @throws CliError with exit 1 where its pod has failed.
 */
export async function resumeJob(build: BuildContext, job: Job, foreign: boolean): Promise<BuildContext> {
  await refuseFailedPod(build, job)
  if (!foreign) {
    trackJob(build, job, { resumed: true })
    return build
  }
  const { supervision, tell } = build
  tell(`Job ${job.id}, for another public key, makes the same image: waiting for it; it is left as it is`)
  return {
    ...build,
    attended: false,
    supervision: { ...supervision, keep_job: true, on_failure: 'keep' },
    resume: () => ['jobs', 'wait', job.id, '--query', 'resultant_image_id'],
    underWay: {},
  }
}
