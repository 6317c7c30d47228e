import type { ImportSource } from '../builds/images-file/import-source.ts'
import { arch as archOption } from '../definitions/records.ts'
import { CliError } from '../errors.ts'
import type { Image } from '../ims/records.ts'
import { checkFiles, type CheckedFile } from './check-files.ts'
import type { ExportedImage } from './export-manifest.ts'
import { filesIn, filesNamed, type ArtifactFile } from './image-files.ts'

/** What an image is to consist of, as it was found. */
export interface FoundContent {
  readonly files: readonly ArtifactFile[]
  /** What the folder says of it. */
  readonly exported?: ExportedImage
  /** What it was called where it was exported. */
  readonly name?: string
}

/** @throws CliError as {@link filesIn} */
export function findContent({ from_dir: folder, ...paths }: ImportSource): FoundContent {
  const { rootfs, kernel, initrd, boot_parameters } = paths
  const named = filesNamed({ rootfs, kernel, initrd, boot_parameters })
  if (folder === undefined) return { files: named }
  const { files, exported } = filesIn(folder, named)
  return { files, exported, name: exported?.name }
}

/**
 * What an image consists of and is for: what is said of it comes before what its folder says.
 *
 * @param warn of what is odd.
 * @throws CliError that names all that can't be used.
 */
export function checkContent(
  { files, exported }: FoundContent,
  said: { readonly arch?: Image['arch']; readonly metadata?: Readonly<Record<string, string>> },
  warn: (line: string) => void,
): { files: CheckedFile[]; arch: Image['arch']; metadata: Record<string, string> } {
  const arch = said.arch ?? readArch(exported?.arch)
  return { files: checkFiles(files, arch, warn), arch, metadata: { ...exported?.metadata, ...said.metadata } }
}

/** @throws CliError for what is no architecture; none is what the service takes for none */
function readArch(exported = 'x86_64'): Image['arch'] {
  const found = archOption.choices.find((one) => one === exported)
  if (found) return found
  throw new CliError(`the folder's image is for ${JSON.stringify(exported)}, which is no architecture of the service`, {
    next: `--arch ${archOption.choices.join(' or ')}`,
  })
}
