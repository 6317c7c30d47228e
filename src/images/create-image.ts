import type { WriteContext } from '../builds/build-context.ts'
import { createIdempotently } from '../builds/create-idempotently.ts'
import { listRecords } from '../ims/fetch-records.ts'
import { deleteIfPresent, retryWhileUnavailable } from '../builds/retry-while-unavailable.ts'
import { deletedImages, images } from '../definitions/records.ts'
import { CliError } from '../errors.ts'
import { isEarlier } from '../ims/created.ts'
import { readRecord } from '../ims/read-record.ts'
import type { Image } from '../ims/records.ts'
import { createRequest, type ImportOrder } from './import-plan.ts'

/**
 * Creates the record of an image once, also where the answer is lost.
 *
 * @param before the images of its name that were there.
 * @throws CliError also where the answer is lost, and others created one meanwhile: which is ours isn't known then.
 */
export function createImage(write: WriteContext, order: ImportOrder, before: readonly Image[]): Promise<Image> {
  return createIdempotently(write, {
    what: `image ${order.name}`,
    kind: images,
    request: createRequest(order),
    read: (answer) => readRecord('image', answer),
    find: async () => (await newImages(write, order, before)).filter(({ link, arch }) => !link && arch === order.arch),
    shared: true,
  })
}

/** Of two imports of a name that began at the same time, the image of the earlier; undefined where that is ours. */
export async function findEarlier(write: WriteContext, ours: Image, before: readonly Image[]): Promise<Image | undefined> {
  const others = await retryWhileUnavailable(write, () => newImages(write, ours, before))
  return others.find((other) => isEarlier(other, ours))
}

/** Images of a name that weren't there before. */
async function newImages({ api }: WriteContext, { name }: Pick<Image, 'name'>, before: readonly Image[]): Promise<Image[]> {
  const { records } = await listRecords(api, 'image')
  return records.filter((image) => image.name === name && !before.some(({ id }) => id === image.id))
}

/** Deletes a record that nothing was uploaded for, so that it can't be brought back either. */
export async function deleteForGood(write: WriteContext, { id }: Image): Promise<void> {
  for (const of of [images, deletedImages]) await deleteIfPresent(write, of, id)
}

/** That another command makes the same. @param ours the id of the record that was deleted */
export function otherImport({ id, name }: Image, ours: string, isDone: 'imported' | 'copied'): CliError {
  return new CliError(`image ${name} is being ${isDone} by another command, which created ${id} a moment before`, {
    more: [`Our own record, ${ours}, is deleted again. Once the other has ended, the same command prints the id of its image.`],
    next: ['images', 'describe', id],
  })
}
