import type { CommandContext } from '../../context.ts'
import type { diffOptions } from '../../definitions/image-transfers.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { compareImages, type ComparedImage } from '../../images/compare-images.ts'
import { findImages, kernelParameters, lookAt, manifestOf, nameOf } from '../../images/image-artifacts.ts'
import { metadataOf } from '../../images/metadata.ts'
import type { Image } from '../../ims/records.ts'
import { toValue } from '../../json/value.ts'
import type { ObjectStore } from '../../s3/store.ts'

type Options = InferOptions<typeof diffOptions>

/** `images diff`: how two images differ. */
export async function run(context: CommandContext, options: Options, args: { image: string; other_image: string }): Promise<number> {
  const images = await findImages(context, [args.image, args.other_image], options)
  const store = await context.store(options.s3_endpoint)
  try {
    const [one, other] = await Promise.all(images.map((image) => whatIsCompared(store, image)))
    const { same, fields, artifacts, parameters } = compareImages(one!, other!)
    const printed = await context.print(toValue({ same, fields, artifacts, kernel_parameters: parameters }))
    return same ? printed : 1
  } finally {
    await store.close()
  }
}

async function whatIsCompared(store: ObjectStore, image: Image): Promise<ComparedImage> {
  const manifest = await manifestOf(store, image)
  const { name, arch } = image
  const notes = Object.entries(metadataOf(image)).map(([key, value]) => [`metadata.${key}`, value])
  const artifacts = manifest.artifacts.map(async (artifact) => {
    const info = await lookAt(store, artifact)
    return { type: nameOf(artifact), md5: info?.md5 ?? artifact.md5 ?? null, size: info?.size ?? null }
  })
  return {
    fields: { name, arch, ...(Object.fromEntries(notes) as Record<string, string>) },
    artifacts: await Promise.all(artifacts),
    parameters: await kernelParameters(store, manifest),
  }
}
