import type { WriteContext } from '../builds/build-context.ts'
import { printMade } from '../builds/print-made.ts'
import { retryWhileUnavailable } from '../builds/retry-while-unavailable.ts'
import { readTransfer, withTransfer, type Transfer, type TransferName } from '../builds/transfer.ts'
import { withWrites } from '../builds/with-writes.ts'
import type { CommandContext } from '../context.ts'
import { CliError } from '../errors.ts'
import type { Image } from '../ims/records.ts'
import { shortId } from '../jobs/lookup.ts'
import { artifactLocation, manifestFile } from '../s3/artifacts.ts'
import type { ObjectStore } from '../s3/store.ts'
import { transferProgress } from '../terminal/transfer-progress.ts'
import { sumFiles, type CheckedFile } from './check-files.ts'
import { isInterruption, sayingHowToGoOn } from '../builds/go-on.ts'
import { createImage, deleteForGood, findEarlier, otherImport } from './create-image.ts'
import { metadataRequests, plannedImport, planImport, type ImagePart, type ImportOrder, type ImportPlan } from './import-plan.ts'
import { metadataOf } from './metadata.ts'
import { contentOf, imagesNamed } from './named-images.ts'
import { totalOf } from './side-by-side.ts'
import { uploadImage } from './upload-image.ts'

/** What image is to be made, and how. */
export interface ImageRequest extends Omit<ImportOrder, 'files'> {
  /** What it is to consist of, found out before anything is written. */
  parts(write: ImportContext): Promise<readonly ImagePart[]>
  /** What is done with the parts, as messages say it. */
  readonly words: ImportWords
  /** An image without these metadata isn't the same. */
  readonly keepsMetadata?: true
  /** What is done once it is complete. */
  readonly afterwards?: Afterwards
  readonly dryRun: boolean
  readonly s3Endpoint?: string
  /** The words of the command that goes on with it. */
  readonly again: readonly string[]
}

/** What is done to the image, and to each part of it. */
export interface ImportWords {
  readonly image: 'imported' | 'copied'
  readonly part: 'uploaded' | 'copied'
}

/** What follows once an image is complete, and its id is printed. */
export interface Afterwards {
  /** The writes, a line each. */
  readonly planned: readonly string[]
  /** What is left where it isn't done, in a sentence. */
  readonly left: string
  run(write: ImportContext, made: Image, parts: readonly ImagePart[]): Promise<void>
}

/** What there is of an image when its import ends. */
interface Left {
  image?: Image
  readonly uploaded: string[]
}

/** What images are made with. */
export type ImportContext = WriteContext & {
  /** The S3, connected once it is needed. */
  openStore(): Promise<ObjectStore>
  /** It is the only image that is made. */
  readonly only: boolean
}

/** What has come of an import: the image that it made, the same one, or another one that is as good. */
export interface ImportOutcome {
  readonly image: Image
  readonly how: 'made' | 'same' | 'skipped'
  /** What it was to consist of. */
  readonly parts: readonly ImagePart[]
}

/** What an image is imported from. */
export function filesToUpload(files: readonly CheckedFile[]): Pick<ImageRequest, 'parts' | 'words'> {
  return { parts: (write) => sumUp(write, files), words: { image: 'imported', part: 'uploaded' } }
}

/**
 * Makes an image, and prints its id; that of the same image, where there is one.
 *
 * @throws CliError that says what is left, and how to go on.
 */
export function importImage(context: CommandContext, request: ImageRequest): Promise<number> {
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

async function importAndPrint(write: ImportContext, request: ImageRequest): Promise<number> {
  const { context, progress } = write
  const { afterwards, again, words } = request
  const { image, how, parts } = await performImport(write, request)
  if (how !== 'made') progress.log(nothingMade(image, how, words))
  const code = await printMade(context, image)
  if (how === 'made') progress.log(`✔ image ${shortId(image.id)} linked`)
  await afterwards?.run(write, image, parts).catch((error: unknown) => {
    progress.stop()
    throw error instanceof CliError ? sayingHowToGoOn(context, error, again, `Image ${image.id} is complete. ${afterwards.left}`) : error
  })
  return code
}

async function printPlan(write: ImportContext, request: ImageRequest): Promise<number> {
  const { context, progress } = write
  const { plan, writes } = await foresee(write, request)
  if (plan.do === 'nothing') {
    progress.log(nothingMade(plan.image, plan.why, request.words))
    if (!request.afterwards) return printMade(context, plan.image)
  }
  const lines = [...writes, ...(request.afterwards?.planned ?? [])]
  await context.io.stdout.write(lines.map((line) => `${line}\n`).join(''))
  return 0
}

function nothingMade({ id }: Image, why: 'same' | 'skipped', { part }: ImportWords): string {
  return why === 'same' ? `Image ${id} is the same: nothing is ${part}` : `Image ${id} has that name: nothing is made`
}

/**
 * What an import would come to, and the writes that it would do, a line each. Sends only reads.
 *
 * @throws CliError where its name is taken, or somebody imports the same.
 */
export async function foresee(write: ImportContext, request: ImageRequest): Promise<{ plan: ImportPlan; writes: string[] }> {
  const { order, plan, contents } = await decide(write, request)
  if (plan.do === 'resume') await refuseOthers(write, readTransfer(write.context, transferOf(request)), order, plan.image)
  const there = plan.do === 'resume' ? contents.find(({ image }) => image === plan.image)?.content : undefined
  return { plan, writes: plannedImport(order, plan, there) }
}

/**
 * Makes an image, once.
 *
 * @throws CliError that says what is left, and how to go on.
 */
export function performImport(write: ImportContext, request: ImageRequest): Promise<ImportOutcome> {
  const { context, progress } = write
  return withTransfer(context, transferOf(request), async (transfer) => {
    const left: Left = { uploaded: [] }
    try {
      return await doImport(write, request, transfer, left)
    } catch (error) {
      progress.stop()
      throw error instanceof CliError ? withWhatIsLeft(context, error, left, request) : error
    }
  })
}

const transferOf = ({ name, words }: ImageRequest): TransferName => ({ kind: 'image', name, verb: words.image })

async function doImport(write: ImportContext, request: ImageRequest, transfer: Transfer, left: Left): Promise<ImportOutcome> {
  const { order, plan, named } = await decide(write, request)
  const parts = order.files
  if (plan.do === 'nothing') {
    transfer.done()
    return { image: plan.image, how: plan.why, parts }
  }
  const store = await write.openStore()
  const image = await (plan.do === 'resume'
    ? resume(write, left, transfer, order, plan.image)
    : begin(write, left, transfer, order, named, store))
  const made = await uploadImage({ ...write, store, uploads: transfer.uploads }, image, order, (file) => left.uploaded.push(file))
  left.image = undefined
  transfer.done()
  return { image: made, how: 'made', parts }
}

async function decide(write: ImportContext, request: ImageRequest) {
  const { api, openStore } = write
  const { name, keepsMetadata, metadata } = request
  const named = await retryWhileUnavailable(write, () => imagesNamed(api, name))
  const order = { ...request, files: await request.parts(write) }
  const contents = await Promise.all(
    named.map(async (image) => {
      const isOther = keepsMetadata && image.link && metadataRequests(image.id, metadata, metadataOf(image)).length > 0
      return { image, content: isOther ? undefined : await contentOf(await openStore(), image, order.files) }
    }),
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
  order: ImageRequest & ImportOrder,
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
  throw otherImport(earlier, image.id, order.words.image)
}

async function sumUp({ context, progress }: WriteContext, files: readonly CheckedFile[]): Promise<readonly ImagePart[]> {
  const { io } = context
  const reading = transferProgress({ progress, monotonic: io.monotonic }, { what: 'md5 sums', total: totalOf(files) })
  return sumFiles(files, (bytes) => {
    io.interrupted.throwIfAborted()
    // Elsewhere lines of it would be noise before those of the upload.
    if (progress.isInteractive) reading.update(bytes)
  })
}

function withWhatIsLeft(context: CommandContext, error: CliError, { image, uploaded }: Left, { again, words }: ImageRequest): CliError {
  if (image) {
    const there = uploaded.length > 0 ? `${words.part}: ${uploaded.join(', ')}` : `nothing is ${words.part}`
    return sayingHowToGoOn(context, error, again, `Image ${image.id} is left unfinished; ${there}.`)
  }
  return isInterruption(context, error) ? sayingHowToGoOn(context, error, again, error.inDoubt ? undefined : 'No image was begun.') : error
}
