import type { CommandContext } from '../../context.ts'
import { copyOptions } from '../../definitions/image-copies.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { lineOf } from '../../definitions/option-words.ts'
import { CliError } from '../../errors.ts'
import { copyOf } from '../../images/copy-image.ts'
import { findImages } from '../../images/image-artifacts.ts'
import { importImage } from '../../images/import-image.ts'
import { newNameOf } from '../new-name.ts'

type Options = InferOptions<typeof copyOptions>

/** `images copy`: an image of another name, with the same content. */
export async function run(context: CommandContext, options: Options, args: { image: string; new_name?: string }): Promise<number> {
  const name = newNameOf(options, args)
  const [image] = await findImages(context, [args.image], options)
  if (image!.name === name) {
    throw new CliError(`image ${image!.id} is called ${name} itself`, {
      more: ['A copy has another name. Nothing was created.'],
      next: 'choose another --name',
    })
  }
  return importImage(context, {
    ...copyOf(image!),
    name,
    ifExists: options.if_exists,
    dryRun: options.dry_run ?? false,
    s3Endpoint: options.s3_endpoint,
    // By its id: it is the same one next time.
    again: ['images', 'copy', image!.id, ...lineOf(copyOptions, { ...options, name, arch: undefined, latest: undefined })],
  })
}
