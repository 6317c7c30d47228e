import type { Api } from '../ims/api.ts'
import { createdAt } from '../ims/created.ts'
import { listRecords } from '../ims/fetch-records.ts'
import type { Image, Job } from '../ims/records.ts'

/**
 * The image that a job has made which is gone by now: whoever follows a job deletes it once its image is there. Undefined where
 * it made none, or more than one may be it.
 *
 * @param job as it was last seen.
 */
export async function imageOfDeletedJob(api: Api, job: Job): Promise<Image | undefined> {
  const { records } = await listRecords(api, 'image')
  const whole = records.filter(({ link }) => link)
  const named = job.resultant_image_id ?? undefined
  const fitting = whole.filter((image) =>
    named === undefined ? image.name === job.image_root_archive_name && createdAt(image) >= createdAt(job) : image.id === named,
  )
  const [only, another] = fitting
  return another ? undefined : only
}
