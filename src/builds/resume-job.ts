import type { Job } from '../ims/records.ts'
import { refuseDead } from './on-failure.ts'
import type { Making } from './build-context.ts'

/**
 * Takes up a job that was there before.
 *
 * @param foreign it is for another public key: its image is waited for, and all else is left to whoever created it.
 * @returns how it is looked after from here on.
 * @throws Failure with exit 1 where its pod has failed.
 */
export async function takeUp(making: Making, job: Job, foreign: boolean): Promise<Making> {
  await refuseDead(making, job)
  if (!foreign) {
    making.onJob(job, true)
    return making
  }
  const { app, attending, tell } = making
  tell(`Job ${job.id}, for another public key, makes the same image: it is waited for, and left as it is`)
  return {
    ...making,
    attended: false,
    attending: { ...attending, keep_job: true, on_failure: 'keep' },
    resume: () => `${app.program} jobs wait ${job.id} --query resultant_image_id`,
    onWaiting: undefined,
    onOver() {},
  }
}
