import { findChosen } from '../../builds/source.ts'
import type { CommandContext } from '../../context.ts'
import type { verifyOptions } from '../../definitions/artifacts.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { toValue } from '../../json/value.ts'
import type { ArtifactName } from '../../s3/artifacts.ts'
import { findImages } from '../../images/image-artifacts.ts'
import { inspectImage } from '../../images/inspect-image.ts'

type Options = InferOptions<typeof verifyOptions>

/** What an image can't be booted without. */
const needed = ['kernel', 'initrd', 'rootfs'] as const satisfies readonly ArtifactName[]

/** `images verify`: whether images are complete. */
export async function run(context: CommandContext, options: Options, args: { image: string[] }): Promise<number> {
  const images = await findImages(context, args.image, options, findChosen)
  const store = await context.store(options.s3_endpoint)
  const progress = await context.progress()
  try {
    const results = []
    for (const image of images) {
      if (progress.isInteractive) progress.update(`checking image ${image.name}`)
      const { problems } = await inspectImage(store, image, { needed, content: options.content })
      results.push({ id: image.id, name: image.name, complete: problems.length === 0, problems })
    }
    progress.stop()
    const printed = await context.print(toValue(results))
    return results.every(({ complete }) => complete) ? printed : 1
  } finally {
    progress.stop()
    await store.close()
  }
}
