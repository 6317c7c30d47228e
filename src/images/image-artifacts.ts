import { findLinked } from '../builds/source.ts'
import { listRecords } from '../ims/fetch-records.ts'
import type { CommandContext } from '../context.ts'
import { CliError } from '../errors.ts'
import type { Image } from '../ims/records.ts'
import {
  artifactName,
  longestManifest,
  manifestType,
  readManifest,
  type Artifact,
  type ArtifactName,
  type Manifest,
} from '../s3/artifacts.ts'
import { parseLocation, s3Url } from '../s3/location.ts'
import type { ObjectInfo, ObjectStore } from '../s3/store.ts'

/** The largest file of kernel parameters that is read, in bytes. */
const longestParameters = 64 * 1024

/** How an image is named on the command line. */
export interface Choice {
  arch?: Image['arch']
  latest?: boolean
}

/**
 * The images that are meant, by ids or names.
 *
 * @param find takes those without a link for images, too, or refuses them.
 * @throws CliError with the candidates where none or several fit.
 */
export async function findImages(
  context: CommandContext,
  wanted: readonly string[],
  { arch, latest }: Choice,
  find: typeof findLinked<Image> = findLinked,
): Promise<Image[]> {
  const api = await context.api()
  const { records, odd } = await listRecords(api, 'image')
  return wanted.map((source) => find('image', records, odd, { source, arch, latest }))
}

/** An image's manifest as it was found. */
export interface FoundManifest extends Manifest {
  readonly info: ObjectInfo
}

/** @throws CliError where it isn't there, or can't be used. */
export async function manifestOf(store: ObjectStore, { id, link }: Image): Promise<FoundManifest> {
  const location = parseLocation(link!.path, `image ${id}`)
  const info = await store.head(location)
  if (!info) {
    throw new CliError(`image ${id} has no manifest: ${link!.path} is not there`, { next: ['images', 'describe', id] })
  }
  const text = (await store.read(location, longestManifest)).toString()
  return { ...readManifest(text, link!.path), info }
}

/** What is found out about an image, or what is wrong with it. @throws CliError where the S3 refuses to tell, or is away */
export async function judged<R>(work: () => Promise<R>): Promise<R | CliError> {
  try {
    return await work()
  } catch (error) {
    // What the S3 refuses, or that it is away, says nothing of the image.
    if (!(error instanceof CliError) || error.cause !== undefined || error.transient) throw error
    return error
  }
}

/** Where an artifact is, and what is there: nothing, where it is missing. */
export async function lookAt(store: ObjectStore, { type, link }: Artifact): Promise<ObjectInfo | undefined> {
  return store.head(parseLocation(link.path, `the ${artifactName({ type })} in the manifest`))
}

/** What an artifact is called, the manifest among them. */
export function nameOf(artifact: Artifact): string {
  return artifact.type === manifestType ? 'manifest' : artifactName(artifact)
}

/** What is there of an artifact. @throws CliError where it is missing */
export async function demandObject(store: ObjectStore, artifact: Artifact): Promise<ObjectInfo> {
  const info = await lookAt(store, artifact)
  if (info) return info
  throw new CliError(`the ${nameOf(artifact)} is not there: ${artifact.link.path}`, {
    more: ['The manifest names it, and the S3 has no such object.'],
  })
}

/** One of an image's artifacts; the last of its type, as the service's own tools take it. */
export function artifactOf(image: Image, { artifacts }: Manifest, name: ArtifactName): Artifact {
  const found = artifacts.findLast((one) => artifactName(one) === name)
  if (found) return found
  const there = artifacts.map(artifactName).join(', ') || 'nothing'
  throw new CliError(`image ${image.id} has no ${name}`, {
    more: [`Its manifest, ${image.link!.path}, has ${there}.`],
    next: ['images', 'artifacts', image.id],
  })
}

/** The manifest as one of the artifacts. */
export function manifestAsArtifact({ info }: FoundManifest): Artifact {
  return { type: manifestType, md5: info.md5, link: { path: s3Url(info.location), etag: info.etag, type: 's3' } }
}

/** The kernel parameters of an image but the one that says where its root is, which follows from where it is now. */
export async function kernelParameters(store: ObjectStore, { artifacts }: Manifest): Promise<string[]> {
  const parameters = artifacts.findLast((one) => artifactName(one) === 'boot_parameters')
  if (!parameters) return []
  const text = (await store.read(parseLocation(parameters.link.path, 'the boot parameters in the manifest'), longestParameters)).toString()
  return text.split(/\s+/).filter((word) => word !== '' && !word.startsWith('metal.server='))
}
