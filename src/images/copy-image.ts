import { CliError } from '../errors.ts'
import type { Image } from '../ims/records.ts'
import type { ObjectStore } from '../s3/store.ts'
import { exportNames } from './export-manifest.ts'
import type { ImageRequest } from './import-image.ts'
import type { ImagePart } from './import-plan.ts'
import { inspectImage, type FoundArtifact } from './inspect-image.ts'
import { metadataOf } from './metadata.ts'
import { nameOf } from './image-artifacts.ts'

/** What makes an image of another name, with objects of its own: a deleted image takes its objects with it. */
export function copyOf(image: Image): Pick<ImageRequest, 'arch' | 'metadata' | 'parts' | 'words' | 'keepsMetadata'> {
  return {
    arch: image.arch ?? 'x86_64',
    metadata: metadataOf(image),
    keepsMetadata: true,
    words: { image: 'copied', part: 'copied' },
    parts: async ({ openStore }) => partsOf(await openStore(), image),
  }
}

/** @throws CliError for an image of which anything is missing or broken. */
async function partsOf(store: ObjectStore, image: Image): Promise<ImagePart[]> {
  const { problems, artifacts } = await inspectImage(store, image)
  const all = artifacts.length === 0 && problems.length === 0 ? ['manifest: it has no artifacts'] : problems
  if (all.length > 0) {
    throw new CliError(`image ${image.id} can't be copied: it is not complete`, {
      more: [...all.map((line) => `  ${line}`), 'Nothing was created.'],
      next: ['images', 'verify', image.id],
    })
  }
  const names = exportNames(artifacts.map(({ artifact }) => artifact))
  return artifacts.map((found, at) => partOf(image, found, names[at]!))
}

function partOf(image: Image, { artifact, info }: FoundArtifact, name: string): ImagePart {
  const md5 = info!.md5 ?? artifact.md5
  if (md5 !== undefined) return { name, type: artifact.type, md5, size: info!.size, from: info! }
  throw new CliError(`image ${image.id} can't be copied: nothing says the md5 sum of its ${nameOf(artifact)}`, {
    more: ['Neither the manifest nor the object has it. Nothing was created.', 'After an export, images import makes the copy.'],
    next: ['images', 'export', image.id, '--dir', image.id],
  })
}
