import type { Job } from '../ims/records.ts'
import { refuseFailedPod } from './on-failure.ts'
import type { BuildContext } from './build-context.ts'

/**
 * Takes up a job that was there before.
 *
 * @param foreign it is for another public key: its image is waited for, and all else is left to whoever created it.
 * @returns how it is looked after from here on.
 * @throws CliError with exit 1 where its pod has failed.
 */
export async function resumeJob(making: BuildContext, job: Job, foreign: boolean): Promise<BuildContext> {
  await refuseFailedPod(making, job)
  if (!foreign) {
    making.onJob(job, true)
    return making
  }
  const { app, supervision, tell } = making
  tell(`Job ${job.id}, for another public key, makes the same image: it is waited for, and left as it is`)
  return {
    ...making,
    attended: false,
    supervision: { ...supervision, keep_job: true, on_failure: 'keep' },
    resume: () => `${app.program} jobs wait ${job.id} --query resultant_image_id`,
    onWaiting: undefined,
    onFinished() {},
  }
}
