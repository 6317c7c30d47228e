import type { WriteContext } from '../builds/build-context.ts'
import { printMade } from '../builds/print-made.ts'
import { retryWhileUnavailable } from '../builds/retry-while-unavailable.ts'
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
import { metadataRequests, plannedImport, planImport, type ImagePart, type ImportOrder } from './import-plan.ts'
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
  /** It is complete. */
  made?: Image
  readonly uploaded: string[]
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
    const left: Left = { uploaded: [] }
    let store: Promise<ObjectStore> | undefined
    const openStore = () => (store ??= context.store(request.s3Endpoint))
    try {
      return await doImport({ ...write, openStore }, request, left)
    } catch (error) {
      write.progress.stop()
      throw error instanceof CliError ? withWhatIsLeft(context, error, left, request) : error
    } finally {
      await store?.then((opened) => opened.close()).catch(() => {})
    }
  })
}

/** What an image is made with; the S3 is connected once it is needed. */
export type ImportContext = WriteContext & { openStore(): Promise<ObjectStore> }

async function doImport(write: ImportContext, request: ImageRequest, left: Left): Promise<number> {
  const { context, progress, api, openStore } = write
  const { name, afterwards, words } = request
  const named = await retryWhileUnavailable(write, () => imagesNamed(api, name))
  const order = { ...request, files: await request.parts(write) }
  const contents = await Promise.all(
    named.map(async (image) => {
      const isOther = request.keepsMetadata && image.link && metadataRequests(image.id, request.metadata, metadataOf(image)).length > 0
      return { image, content: isOther ? undefined : await contentOf(await openStore(), image, order.files) }
    }),
  )
  const plan = planImport(order, contents)
  if (plan.do === 'nothing') {
    progress.log(
      plan.why === 'same'
        ? `Image ${plan.image.id} is the same: nothing is ${words.part}`
        : `Image ${plan.image.id} has that name: nothing is made`,
    )
  }
  if (request.dryRun && (plan.do !== 'nothing' || afterwards)) {
    const there = plan.do === 'resume' ? contents.find(({ image }) => image === plan.image)?.content : undefined
    await context.io.stdout.write(
      [...plannedImport(order, plan, there), ...(afterwards?.planned ?? [])].map((line) => `${line}\n`).join(''),
    )
    return 0
  }
  if (plan.do === 'nothing') return finish(write, left, plan.image, order)
  const opened = await openStore()
  const image = plan.do === 'resume' ? resume(write, left, plan.image) : await begin(write, left, order, named, opened)
  const made = await uploadImage({ ...write, store: opened }, image, order, (file) => left.uploaded.push(file))
  return finish(write, left, made, order, `✔ image ${shortId(made.id)} linked`)
}

async function finish(
  write: ImportContext,
  left: Left,
  image: Image,
  { files, afterwards }: ImageRequest & ImportOrder,
  line?: string,
): Promise<number> {
  left.image = undefined
  left.made = image
  const code = await printMade(write.context, image)
  if (line !== undefined) write.progress.log(line)
  await afterwards?.run(write, image, files)
  return code
}

function resume({ progress }: ImportContext, left: Left, image: Image): Image {
  progress.log(`Resuming image ${image.id}: it has no link yet`)
  return (left.image = image)
}

async function begin(
  write: ImportContext,
  left: Left,
  order: ImageRequest & ImportOrder,
  named: readonly Image[],
  store: ObjectStore,
): Promise<Image> {
  // A store that doesn't let us in is found out before there is a record.
  await store.head(artifactLocation('new', manifestFile))
  const image = (left.image = await createImage(write, order, named))
  const earlier = await findEarlier(write, image, named)
  if (!earlier) return image
  await deleteForGood(write, image)
  left.image = undefined
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

function withWhatIsLeft(
  context: CommandContext,
  error: CliError,
  { image, made, uploaded }: Left,
  { again, words, afterwards }: ImageRequest,
): CliError {
  if (made) return afterwards ? sayingHowToGoOn(context, error, again, `Image ${made.id} is complete. ${afterwards.left}`) : error
  if (image) {
    const there = uploaded.length > 0 ? `${words.part}: ${uploaded.join(', ')}` : `nothing is ${words.part}`
    return sayingHowToGoOn(context, error, again, `Image ${image.id} is left unfinished; ${there}.`)
  }
  return isInterruption(context, error) ? sayingHowToGoOn(context, error, again, error.inDoubt ? undefined : 'No image was begun.') : error
}
