import type { CommandContext } from '../../context.ts'
import { importOptions } from '../../definitions/image-transfers.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { lineOf } from '../../definitions/option-words.ts'
import { arch as archOption } from '../../definitions/records.ts'
import { CliError, usageError } from '../../errors.ts'
import type { Image } from '../../ims/records.ts'
import { checkFiles } from '../../images/check-files.ts'
import { filesIn, filesNamed } from '../../images/image-files.ts'
import { filesToUpload, importImage } from '../../images/import-image.ts'
import { parseMetadata } from '../../images/metadata.ts'

type Options = InferOptions<typeof importOptions>

/** `images import`: makes an image of files. */
export async function run(context: CommandContext, options: Options): Promise<number> {
  const { rootfs, kernel, initrd, boot_parameters, from_dir: folder } = options
  const typed = parseMetadata('--metadata', options.metadata ?? [])
  const named = filesNamed({ rootfs, kernel, initrd, boot_parameters })
  const { files, exported } = folder === undefined ? { files: named, exported: undefined } : filesIn(folder, named)
  const name = options.name ?? exported?.name
  if (name === undefined) throw usageError("Missing option '--name'.")
  const arch = options.arch ?? readArch(exported?.arch)
  return importImage(context, {
    name,
    arch,
    metadata: { ...exported?.metadata, ...typed },
    ...filesToUpload(checkFiles(files, arch, context.warn)),
    ifExists: options.if_exists,
    dryRun: options.dry_run ?? false,
    s3Endpoint: options.s3_endpoint,
    again: ['images', 'import', ...lineOf(importOptions, options)],
  })
}

/** @throws CliError for what is no architecture; none is what the service takes for none */
function readArch(exported = 'x86_64'): Image['arch'] {
  const found = archOption.choices.find((one) => one === exported)
  if (found) return found
  throw new CliError(`the folder's image is for ${JSON.stringify(exported)}, which is not an architecture of the service`, {
    next: `--arch ${archOption.choices.join(' or ')}`,
  })
}
