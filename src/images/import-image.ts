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
import { plannedImport, planImport, type ImportOrder } from './import-plan.ts'
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

/**
 * Makes an image of files, and prints its id; that of the same image, where there is one.
 *
 * @throws CliError that says what is left, and how to go on.
 */
export function importImage(context: CommandContext, request: ImportRequest): Promise<number> {
  return withWrites(context, async (write) => {
    const left: Left = { uploaded: [] }
    let store: Promise<ObjectStore> | undefined
    const openStore = () => (store ??= context.store(request.s3Endpoint))
    try {
      return await doImport({ ...write, openStore }, request, left)
    } catch (error) {
      write.progress.stop()
      throw error instanceof CliError ? withWhatIsLeft(context, error, left, request.again) : error
    } finally {
      await store?.then((opened) => opened.close()).catch(() => {})
    }
  })
}

type ImportContext = WriteContext & { openStore(): Promise<ObjectStore> }

async function doImport(write: ImportContext, request: ImportRequest, left: Left): Promise<number> {
  const { context, progress, api, openStore } = write
  const { name } = request
  const named = await retryWhileUnavailable(write, () => imagesNamed(api, name))
  const order = { ...request, files: await sumUp(write, request.files) }
  const contents = await Promise.all(
    named.map(async (image) => ({ image, content: await contentOf(await openStore(), image, order.files) })),
  )
  const plan = planImport(order, contents)
  if (plan.do === 'nothing') {
    progress.log(
      plan.why === 'same'
        ? `Image ${plan.image.id} is the same: nothing is uploaded`
        : `Image ${plan.image.id} has that name: nothing is made`,
    )
    return printMade(context, plan.image)
  }
  if (request.dryRun) {
    const there = plan.do === 'resume' ? contents.find(({ image }) => image === plan.image)?.content : undefined
    await context.io.stdout.write(
      plannedImport(order, plan, there)
        .map((line) => `${line}\n`)
        .join(''),
    )
    return 0
  }
  const opened = await openStore()
  const image = plan.do === 'resume' ? resume(write, left, plan.image) : await begin(write, left, order, named, opened)
  const made = await uploadImage({ ...write, store: opened }, image, order, (file) => left.uploaded.push(file))
  left.image = undefined
  const code = await printMade(context, made)
  progress.log(`✔ image ${shortId(made.id)} linked`)
  return code
}

function resume({ progress }: ImportContext, left: Left, image: Image): Image {
  progress.log(`Resuming image ${image.id}: it has no link yet`)
  return (left.image = image)
}

async function begin(write: ImportContext, left: Left, order: ImportOrder, named: readonly Image[], store: ObjectStore): Promise<Image> {
  // A store that doesn't let us in is found out before there is a record.
  await store.head(artifactLocation('new', manifestFile))
  const image = (left.image = await createImage(write, order, named))
  const earlier = await findEarlier(write, image, named)
  if (!earlier) return image
  await deleteForGood(write, image)
  left.image = undefined
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
