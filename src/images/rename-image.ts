import { deleteIfPresent, retryWhileUnavailable } from '../builds/retry-while-unavailable.ts'
import { requestLine } from '../builds/planned-writes.ts'
import { deletedImages, images } from '../definitions/records.ts'
import { amended, CliError } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { describeRecord, listRecords } from '../ims/fetch-records.ts'
import type { Image } from '../ims/records.ts'
import { recordsNamed } from '../ims/reference.ts'
import { deleteRequest } from '../ims/requests.ts'
import { usesOf } from '../jobs/uses.ts'
import type { ObjectStore } from '../s3/store.ts'
import { judged, manifestOf } from './image-artifacts.ts'
import type { Afterwards, ImportContext } from './import-image.ts'
import { metadataRequests, type ImagePart } from './import-plan.ts'
import { inspectImage } from './inspect-image.ts'
import { metadataOf } from './metadata.ts'

/** @throws CliError for an image that an unfinished job uses, and where that isn't known. */
export async function refuseUsed(api: Api, { id, name }: Image): Promise<void> {
  const { records, odd } = await listRecords(api, 'job')
  if (odd[0]) throw amended(odd[0].failure, { more: [...odd[0].failure.more, 'What that job uses is not known.'] })
  const use = usesOf(records).get(id)
  if (use) throw new CliError(`image ${name} can't be renamed: ${use.why}`, { next: ['jobs', 'describe', use.job.id] })
}

/** What a rename leaves to be done, in lines that fit 80 columns. */
export function whatToChange({ id }: Image): string[] {
  return ['The id changes: BOS session templates and BSS boot parameters that name', `${id} or its paths have to be changed.`]
}

/** Deletes the image that was renamed, once the one with its new name has all that it had. */
export function deletionOf(old: Image): Afterwards {
  return {
    planned: [requestLine(deleteRequest(images, old.id))],
    left: `Image ${old.id} is not deleted.`,
    async run(write, made, parts) {
      const { context, api, tell } = write
      await demandWhole(write, old, made, parts)
      await retryWhileUnavailable(write, () => refuseUsed(api, old))
      for (const line of whatToChange(old)) tell(line)
      tell('What they take (or with --for bss):')
      tell(`  ${context.commandLine('images', 'artifacts', made.id, '--for', 'bos')}`)
      await deleteIfPresent(write, images, old.id)
      // The service forgets the arch of what it brings back.
      const arch = old.arch === 'x86_64' || !old.arch ? [] : ['--arch', old.arch]
      tell(`Image ${old.id} is deleted; to bring it back:`)
      tell(`  ${context.commandLine('images', 'undelete', old.id, ...arch)}`)
    },
  }
}

/** @throws CliError unless an image is complete, as the service and the S3 have it now, and is what the old one was. */
async function demandWhole(write: ImportContext, old: Image, { id }: Image, parts: readonly ImagePart[]): Promise<void> {
  const { api, openStore } = write
  const image = await retryWhileUnavailable(write, () => describeRecord(api, 'image', id))
  const { problems, artifacts } = await inspectImage(await openStore(), image)
  const has = artifacts.map(({ artifact, info }) => ({ type: artifact.type, md5: info?.md5 ?? artifact.md5, size: info?.size }))
  const lacks = [
    ...problems,
    ...(problems.length === 0 && contentText(has) !== contentText(parts) ? ['its artifacts are others'] : []),
    ...(image.arch === (old.arch ?? 'x86_64') ? [] : [`its arch is ${image.arch}, and was ${old.arch}`]),
    ...metadataRequests(id, metadataOf(old), metadataOf(image)).map(() => 'it lacks metadata'),
  ]
  if (lacks.length === 0) return
  throw new CliError(`image ${id} is not what image ${old.id} was`, {
    more: lacks.map((line) => `  ${line}`),
    next: ['images', 'verify', id],
  })
}

/** What tells the artifacts of images apart, in whichever order. */
function contentText(artifacts: readonly { type: string; md5?: string; size?: number }[]): string {
  return artifacts
    .map(({ type, md5, size }) => `${type} ${md5} ${size}`)
    .toSorted()
    .join('\n')
}

/** An image, and the deleted one that it was before. */
export interface Renamed {
  readonly old: Image
  readonly image: Image
}

/**
 * What a rename has made that had come to its end, but for saying so: an image of the new name that has what a deleted one had.
 *
 * @param word that named the deleted one.
 */
export async function findRenamed(
  api: Api,
  openStore: () => Promise<ObjectStore>,
  word: string,
  name: string,
): Promise<Renamed | undefined> {
  const deleted = recordsNamed((await listRecords(api, 'image', deletedImages)).records, word).filter(({ link }) => link)
  if (deleted.length === 0) return undefined
  const named = (await listRecords(api, 'image')).records.filter((image) => image.name === name && image.link)
  for (const old of named.length > 0 ? deleted : []) {
    const before = await textOfManifest(await openStore(), old)
    for (const image of named)
      if (before !== undefined && (await textOfManifest(await openStore(), image)) === before) return { old, image }
  }
  return undefined
}

async function textOfManifest(store: ObjectStore, image: Image): Promise<string | undefined> {
  const manifest = await judged(() => manifestOf(store, image))
  return manifest instanceof CliError || manifest.artifacts.some(({ md5 }) => md5 === undefined)
    ? undefined
    : contentText(manifest.artifacts)
}
