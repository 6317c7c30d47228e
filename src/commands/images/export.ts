import { join } from 'node:path'
import type { CommandContext } from '../../context.ts'
import { exportOptions } from '../../definitions/image-transfers.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { lineOf } from '../../definitions/option-words.ts'
import { CliError } from '../../errors.ts'
import { exportImage } from '../../images/export-image.ts'
import { isInterruption, sayingHowToGoOn } from '../../builds/go-on.ts'
import { findImages } from '../../images/image-artifacts.ts'
import { toValue } from '../../json/value.ts'
import { artifactName } from '../../s3/artifacts.ts'

type Options = InferOptions<typeof exportOptions>

/** `images export`: downloads an image into a folder. */
export async function run(context: CommandContext, options: Options, args: { image: string }): Promise<number> {
  const { dir: folder, type: types, s3_endpoint: endpoint } = options
  const again = ['images', 'export', args.image, ...lineOf(exportOptions, options)]
  const [image] = await findImages(context, [args.image], options)
  const store = await context.store(endpoint)
  const progress = await context.progress()
  try {
    const written = await exportImage({ context, store, progress }, { image: image!, folder, types, again })
    progress.stop()
    const shown = written.map(({ type, file, md5, size }) => ({ type: artifactName({ type }), path: join(folder, file), md5, size }))
    return await context.print(toValue(shown))
  } catch (error) {
    const isEnd = error instanceof CliError && error.next === undefined && isInterruption(context, error)
    throw isEnd ? sayingHowToGoOn(context, error, again) : error
  } finally {
    progress.stop()
    await store.close()
  }
}
