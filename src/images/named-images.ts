import { listRecords } from '../ims/fetch-records.ts'
import { CliError } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { stageOf } from '../ims/job-status.ts'
import type { Image } from '../ims/records.ts'
import { listJobs } from '../jobs/lookup.ts'
import { artifactLocation } from '../s3/artifacts.ts'
import type { ObjectStore } from '../s3/store.ts'
import { judged, lookAt, manifestOf } from './image-artifacts.ts'
import type { ImagePart, Sum } from './import-plan.ts'

/**
 * The images that have a name.
 *
 * @throws CliError where one has it whose record can't be used, and where a job that is under way makes one.
 */
export async function imagesNamed(api: Api, name: string): Promise<Image[]> {
  const { records, odd } = await listRecords(api, 'image')
  const unusable = odd.find((record) => record.name === name)
  // It may be the same image.
  if (unusable) throw unusable.failure
  const named = records.filter((image) => image.name === name)
  if (named.some(({ link }) => !link)) await refuseJob(api, name)
  return named
}

// A job links its image last, as we do.
async function refuseJob(api: Api, name: string): Promise<void> {
  const maker = (await listJobs(api)).find((job) => job.image_root_archive_name === name && ['running', 'waiting'].includes(stageOf(job)))
  if (maker) throw new CliError(`job ${maker.id} makes an image called ${name}`, { next: ['jobs', 'wait', maker.id] })
}

/** What an image consists of; of one without a link, what is there of some files. Undefined where that can't be told. */
export async function contentOf(
  store: ObjectStore,
  image: Image,
  files: readonly Pick<ImagePart, 'name' | 'type'>[],
): Promise<Sum[] | undefined> {
  if (!image.link) {
    const found = await Promise.all(
      files.map(async ({ name, type }) => ({ type, info: await store.head(artifactLocation(image.id, name)) })),
    )
    return found.flatMap(({ type, info }) => (info ? [{ type, md5: info.md5 }] : []))
  }
  const content = await judged(async () => {
    const { artifacts } = await manifestOf(store, image)
    return Promise.all(
      artifacts.map(async (artifact) => {
        const info = await lookAt(store, artifact)
        // One that is gone makes it another image.
        return { type: artifact.type, md5: info && (info.md5 ?? artifact.md5) }
      }),
    )
  })
  return content instanceof CliError ? undefined : content
}
