import type { CommandContext } from '../../context.ts'
import type { artifactsOptions } from '../../definitions/artifacts.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { toValue } from '../../json/value.ts'
import type { Artifact } from '../../s3/artifacts.ts'
import type { ObjectStore } from '../../s3/store.ts'
import {
  artifactOf,
  findImages,
  demandObject,
  kernelParameters,
  manifestAsArtifact,
  manifestOf,
  nameOf,
} from '../../images/image-artifacts.ts'

type Options = InferOptions<typeof artifactsOptions>

/** `images artifacts`: what an image consists of. */
export async function run(context: CommandContext, options: Options, args: { image: string }): Promise<number> {
  const [image] = await findImages(context, [args.image], options)
  const store = await context.store(options.s3_endpoint)
  try {
    const manifest = await manifestOf(store, image!)
    const own = manifestAsArtifact(manifest)
    if (options.for === 'bos') return await context.print(toValue(own.link))
    const described = async (artifact: Artifact) => describeArtifact(store, artifact)
    if (options.for === 'bss') {
      const [kernel, initrd, rootfs] = await Promise.all(
        (['kernel', 'initrd', 'rootfs'] as const).map((name) => described(artifactOf(image!, manifest, name))),
      )
      const params = [...(await kernelParameters(store, manifest)), `metal.server=${rootfs!.path}`].join(' ')
      return await context.print(toValue({ kernel: kernel!.path, initrd: initrd!.path, params }))
    }
    if (options.type !== undefined) {
      const artifact = options.type === 'manifest' ? own : artifactOf(image!, manifest, options.type)
      return await context.print(toValue(await described(artifact)))
    }
    return await context.print(toValue(await Promise.all([...manifest.artifacts, own].map(described))))
  } finally {
    await store.close()
  }
}

async function describeArtifact(store: ObjectStore, artifact: Artifact) {
  const info = await demandObject(store, artifact)
  return { type: nameOf(artifact), path: artifact.link.path, etag: info.etag, md5: info.md5 ?? artifact.md5 ?? null, size: info.size }
}
