import type { WriteContext } from '../builds/build-context.ts'
import { printMade } from '../builds/print-made.ts'
import { retryWhileUnavailable } from '../builds/retry-while-unavailable.ts'
import { readTransfer, withTransfer, type Transfer } from '../builds/transfer.ts'
import { withWrites } from '../builds/with-writes.ts'
import type { CommandContext } from '../context.ts'
import { CliError } from '../errors.ts'
import { sourceOf } from '../ims/read-record.ts'
import type { Image } from '../ims/records.ts'
import type { ImageRecord } from '../jobs/image-of-deleted-job.ts'
import { shortId } from '../jobs/lookup.ts'
import { artifactLocation, manifestFile } from '../s3/artifacts.ts'
import type { ObjectStore } from '../s3/store.ts'
import { transferProgress } from '../terminal/transfer-progress.ts'
import { sumFiles, type CheckedFile } from './check-files.ts'
import { isInterruption, sayingHowToGoOn } from '../builds/go-on.ts'
import { createImage, deleteForGood, findEarlier, otherImport } from './create-image.ts'
import { plannedImport, planImport, type ImportOrder, type ImportPlan } from './import-plan.ts'
import { contentOf, imagesNamed } from './named-images.ts'
import { totalOf } from './side-by-side.ts'
import { uploadImage } from './upload-image.ts'

/** What is to be imported, and how. */
export interface ImportRequest extends Omit<ImportOrder, 'files'> {
  readonly files: readonly CheckedFile[]
  readonly dryRun: boolean
  readonly s3Endpoint?: string
  /** The words of the command that goes on with it. */
  readonly again: readonly string[]
}

/** What there is of an image when its import ends. */
interface Left {
  image?: Image
  readonly uploaded: string[]
}

/** What imports are done with. */
export type ImportContext = WriteContext & {
  /** The S3, connected once it is needed. */
  openStore(): Promise<ObjectStore>
  /** It is the only image that is made. */
  readonly only: boolean
}

/** What has come of an import: the image that it made, the same one, or another one that is as good. */
export type ImportOutcome = ImageRecord & { readonly how: 'made' | 'same' | 'skipped' }

/**
 * Makes an image of files, and prints its id; that of the same image, where there is one.
 *
 * @throws CliError that says what is left, and how to go on.
 */
export function importImage(context: CommandContext, request: ImportRequest): Promise<number> {
  return withWrites(context, async (write) => {
    let store: Promise<ObjectStore> | undefined
    const opening = { ...write, only: true, openStore: () => (store ??= context.store(request.s3Endpoint)) }
    try {
      return await (request.dryRun ? printPlan(opening, request) : importAndPrint(opening, request))
    } finally {
      await store?.then((opened) => opened.close()).catch(() => {})
    }
  })
}

async function importAndPrint(write: ImportContext, request: ImportRequest): Promise<number> {
  const { context, progress } = write
  const { image, record, how } = await performImport(write, request)
  if (how !== 'made') progress.log(nothingMade(image, how))
  const code = await printMade(context, image.id, record)
  if (how === 'made') progress.log(`✔ image ${shortId(image.id)} linked`)
  return code
}

async function printPlan(write: ImportContext, request: ImportRequest): Promise<number> {
  const { context, progress } = write
  const { plan, writes } = await foresee(write, request)
  if (plan.do === 'nothing') {
    progress.log(nothingMade(plan.image, plan.why))
    return printMade(context, plan.image.id, sourceOf(plan.image))
  }
  await context.io.stdout.write(writes.map((line) => `${line}\n`).join(''))
  return 0
}

function nothingMade({ id }: Image, why: 'same' | 'skipped'): string {
  return why === 'same' ? `Image ${id} is the same: nothing is uploaded` : `Image ${id} has that name: nothing is made`
}

/**
 * What an import would come to, and the writes that it would do, a line each. Sends only reads.
 *
 * @throws CliError where its name is taken, or somebody imports the same.
 */
export async function foresee(write: ImportContext, request: ImportRequest): Promise<{ plan: ImportPlan; writes: string[] }> {
  const { order, plan, contents } = await decide(write, request)
  const transfer = readTransfer(write.context, { kind: 'image', name: request.name })
  if (plan.do === 'resume') await refuseOthers(write, transfer, order, plan.image)
  const there = plan.do === 'resume' ? contents.find(({ image }) => image === plan.image)?.content : undefined
  return { plan, writes: plannedImport(order, plan, there) }
}

/**
 * Makes an image of files, once.
 *
 * @throws CliError that says what is left, and how to go on.
 */
export function performImport(write: ImportContext, request: ImportRequest): Promise<ImportOutcome> {
  const { context, progress } = write
  return withTransfer(context, { kind: 'image', name: request.name }, async (transfer) => {
    const left: Left = { uploaded: [] }
    try {
      return await doImport(write, request, transfer, left)
    } catch (error) {
      progress.stop()
      throw error instanceof CliError ? withWhatIsLeft(context, error, left, request.again) : error
    }
  })
}

async function doImport(write: ImportContext, request: ImportRequest, transfer: Transfer, left: Left): Promise<ImportOutcome> {
  const { order, plan, named } = await decide(write, request)
  if (plan.do === 'nothing') {
    transfer.done()
    return { image: plan.image, record: sourceOf(plan.image), how: plan.why }
  }
  const store = await write.openStore()
  const image = await (plan.do === 'resume'
    ? resume(write, left, transfer, order, plan.image)
    : begin(write, left, transfer, order, named, store))
  const made = await uploadImage({ ...write, store, uploads: transfer.uploads }, image, order, (file) => left.uploaded.push(file))
  left.image = undefined
  transfer.done()
  return { ...made, how: 'made' }
}

async function decide(write: ImportContext, request: ImportRequest) {
  const { api, openStore } = write
  const named = await retryWhileUnavailable(write, () => imagesNamed(api, request.name))
  const order: ImportOrder = { ...request, files: await sumUp(write, request.files) }
  const contents = await Promise.all(
    named.map(async (image) => ({ image, content: await contentOf(await openStore(), image, order.files) })),
  )
  return { order, named, contents, plan: planImport(order, contents) }
}

async function refuseOthers({ openStore }: ImportContext, transfer: Transfer, { files }: ImportOrder, image: Image): Promise<void> {
  await transfer.refuseOthers(image, async () => {
    const store = await openStore()
    const names = [...files.map(({ name }) => name), manifestFile]
    const times = await Promise.all(names.map((name) => store.lastUpload(artifactLocation(image.id, name))))
    const known = times.filter((time) => time !== undefined)
    return known.length > 0 ? Math.max(...known) : undefined
  })
}

async function resume(write: ImportContext, left: Left, transfer: Transfer, order: ImportOrder, image: Image): Promise<Image> {
  await refuseOthers(write, transfer, order, image)
  transfer.took(image)
  write.progress.log(`Resuming image ${image.id}: it has no link yet`)
  return (left.image = image)
}

async function begin(
  write: ImportContext,
  left: Left,
  transfer: Transfer,
  order: ImportOrder,
  named: readonly Image[],
  store: ObjectStore,
): Promise<Image> {
  // A store that doesn't let us in is found out before there is a record.
  await store.head(artifactLocation('new', manifestFile))
  transfer.attempt(named)
  const image = (left.image = await createImage(write, order, named))
  transfer.took(image)
  const earlier = await findEarlier(write, image, named)
  if (!earlier) return image
  await deleteForGood(write, image)
  left.image = undefined
  transfer.done()
  throw otherImport(earlier, image.id)
}

async function sumUp({ context, progress }: WriteContext, files: readonly CheckedFile[]): Promise<ImportOrder['files']> {
  const { io } = context
  const reading = transferProgress({ progress, monotonic: io.monotonic }, { what: 'md5 sums', total: totalOf(files) })
  return sumFiles(files, (bytes) => {
    io.interrupted.throwIfAborted()
    // Elsewhere lines of it would be noise before those of the upload.
    if (progress.isInteractive) reading.update(bytes)
  })
}

function withWhatIsLeft(context: CommandContext, error: CliError, { image, uploaded }: Left, again: readonly string[]): CliError {
  if (image) {
    const there = uploaded.length > 0 ? `uploaded: ${uploaded.join(', ')}` : 'nothing is uploaded'
    return sayingHowToGoOn(context, error, again, `Image ${image.id} is left unfinished; ${there}.`)
  }
  return isInterruption(context, error) ? sayingHowToGoOn(context, error, again, error.inDoubt ? undefined : 'No image was begun.') : error
}
