import { createHash } from 'node:crypto'
import type { CommandContext } from '../../context.ts'
import type { verifyOptions } from '../../definitions/artifacts.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { CliError } from '../../errors.ts'
import type { Image } from '../../ims/records.ts'
import { toValue } from '../../json/value.ts'
import type { artifactTypes } from '../../s3/artifacts.ts'
import { artifactName, type Artifact } from '../../s3/artifacts.ts'
import type { ObjectInfo, ObjectStore } from '../../s3/store.ts'
import { findImages, judged, lookAt, manifestOf } from '../../images/image-artifacts.ts'

type Options = InferOptions<typeof verifyOptions>

/** What an image can't be booted without. */
const needed = ['kernel', 'initrd', 'rootfs'] as const satisfies readonly (keyof typeof artifactTypes)[]

/** `images verify`: whether images are complete. */
export async function run(context: CommandContext, options: Options, args: { image: string[] }): Promise<number> {
  const images = await findImages(context, args.image, options)
  const store = await context.store(options.s3_endpoint)
  const progress = await context.progress()
  try {
    const results = []
    for (const image of images) {
      if (progress.isInteractive) progress.update(`checking image ${image.name}`)
      const problems = await problemsOf(store, image, options.content ?? false)
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

async function problemsOf(store: ObjectStore, image: Image, withContent: boolean): Promise<string[]> {
  const manifest = await judged(() => manifestOf(store, image))
  if (manifest instanceof CliError) return [manifest.message]
  const lacking = needed.filter((name) => !manifest.artifacts.some((one) => artifactName(one) === name))
  const { etag } = image.link!
  return [
    ...(etag && etag !== manifest.info.etag ? [`manifest: its etag is ${manifest.info.etag}, and ${etag} in the record`] : []),
    ...lacking.map((name) => `${name}: not in the manifest`),
    ...(await Promise.all(manifest.artifacts.map((artifact) => problemsWith(store, artifact, withContent)))).flat(),
  ]
}

async function problemsWith(store: ObjectStore, artifact: Artifact, withContent: boolean): Promise<string[]> {
  const { md5, link } = artifact
  const name = artifactName(artifact)
  const info = await lookAt(store, artifact)
  if (!info) return [`${name}: ${link.path} is not there`]
  const found = withContent ? await md5Of(store, info) : info.md5
  return [
    ...(info.size === 0 ? [`${name}: ${link.path} is empty`] : []),
    ...(link.etag && link.etag !== info.etag ? [`${name}: its etag is ${info.etag}, and ${link.etag} in the manifest`] : []),
    ...(md5 && found && md5 !== found ? [`${name}: its md5 sum is ${found}, and ${md5} in the manifest`] : []),
  ]
}

async function md5Of(store: ObjectStore, info: ObjectInfo): Promise<string> {
  const hash = createHash('md5')
  try {
    for await (const chunk of await store.open(info)) hash.update(chunk as Buffer)
  } catch (error) {
    throw await store.explain(error, info.location)
  }
  return hash.digest('hex')
}
