import type { CommandContext } from '../../context.ts'
import { importOptions } from '../../definitions/image-transfers.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { lineOf } from '../../definitions/option-words.ts'
import { usageError } from '../../errors.ts'
import { checkContent, findContent } from '../../images/content.ts'
import { filesToUpload, importImage } from '../../images/import-image.ts'
import { parseMetadata } from '../../images/metadata.ts'

type Options = InferOptions<typeof importOptions>

/** `images import`: makes an image of files. */
export async function run(context: CommandContext, options: Options): Promise<number> {
  const metadata = parseMetadata('--metadata', options.metadata ?? [])
  const found = findContent(options)
  const name = options.name ?? found.name
  if (name === undefined) throw usageError("Missing option '--name'.")
  const { files, ...content } = checkContent(found, { arch: options.arch, metadata }, context.warn)
  return importImage(context, {
    name,
    ...content,
    ...filesToUpload(files),
    ifExists: options.if_exists,
    dryRun: options.dry_run ?? false,
    s3Endpoint: options.s3_endpoint,
    again: ['images', 'import', ...lineOf(importOptions, options)],
  })
}
