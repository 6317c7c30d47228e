import type { Api } from '../ims/api.ts'
import { createdAt } from '../ims/created.ts'
import { readRecords } from '../ims/read-record.ts'
import type { Image, Job } from '../ims/records.ts'
import type { Value } from '../json/value.ts'
import { images } from '../definitions/records.ts'

/** An image, and its record as the service sent it. */
export interface ImageRecord {
  readonly image: Image
  readonly record: Value
}

/**
 * The image that a job has made which is gone by now: whoever follows a job deletes it once its image is there. Undefined where
 * it made none, or more than one may be it.
 *
 * @param job as it was last seen.
 */
export async function imageOfDeletedJob(api: Api, job: Job): Promise<ImageRecord | undefined> {
  const { records } = readRecords('image', await api.send({ method: 'GET', path: images.path }))
  const whole = records.filter(({ data }) => data.link)
  const named = job.resultant_image_id ?? undefined
  const fitting = whole.filter(({ data }) =>
    named === undefined ? data.name === job.image_root_archive_name && createdAt(data) >= createdAt(job) : data.id === named,
  )
  const [only, another] = fitting
  return only && !another ? { image: only.data, record: only.value } : undefined
}
