import { CliError } from '../errors.ts'
import { excerpt } from '../text/printable.ts'
import type { Link } from '../ims/records.ts'
import type { Location } from './location.ts'
import { isObject } from '../json/is-object.ts'

/**
 * Where the service's own tools put what recipes and images consist of, and how they call it.
 * Source: the service's job containers and its upload helpers.
 */
export const buckets = { recipes: 'ims', images: 'boot-images' } as const

/** What an image may consist of, by the names that builds give: file and media type. */
export const artifactTypes = {
  rootfs: 'application/vnd.cray.image.rootfs.squashfs',
  kernel: 'application/vnd.cray.image.kernel',
  initrd: 'application/vnd.cray.image.initrd',
  boot_parameters: 'application/vnd.cray.image.parameters.boot',
} as const

export type ArtifactName = keyof typeof artifactTypes

export const manifestType = 'application/json'

/** Name of the manifest among an image's artifacts. */
export const manifestFile = 'manifest.json'

/** The largest manifest that is read, in bytes. */
export const longestManifest = 4 * 1024 * 1024

/** The metadata of an object that holds the md5 sum of its content, in hexadecimal. */
export const md5Metadata = 'md5sum'

/** What the service's helpers call a recipe's archive. */
export const recipeFile = 'recipe.tar.gz'

export function recipeLocation(id: string, file: string): Location {
  return { bucket: buckets.recipes, key: `recipes/${id}/${file}` }
}

export function artifactLocation(imageId: string, file: string): Location {
  return { bucket: buckets.images, key: `${imageId}/${file}` }
}

/** One artifact of an image. */
export interface Artifact {
  /** Its media type, as of {@link artifactTypes} or another. */
  readonly type: string
  /** The md5 sum of its content, in hexadecimal; none where the manifest hasn't one. */
  readonly md5: string | undefined
  readonly link: Link
}

export interface Manifest {
  /** When it was written, as text. */
  readonly created?: string
  readonly artifacts: readonly Artifact[]
}

/** What an artifact is called, by its type: `kernel`; the type itself where that isn't known. */
export function artifactName({ type }: Pick<Artifact, 'type'>): string {
  return Object.entries(artifactTypes).find(([, known]) => known === type)?.[0] ?? type
}

/** The text of a manifest. */
export function writeManifest({ created, artifacts }: Required<Manifest>): string {
  const listed = artifacts.map(({ type, md5, link: { path, etag = '', type: stored } }) => ({
    type,
    md5,
    link: { path, etag, type: stored },
  }))
  return `${JSON.stringify({ version: '1.0', created, artifacts: listed }, null, 2)}\n`
}

/**
 * Reads a manifest.
 *
 * @param path where it was found, for messages.
 * @throws CliError that names what is wrong with it.
 */
export function readManifest(text: string, path: string): Manifest {
  const wrong = (why: string) => new CliError(`${path} is not a usable manifest: ${why}`)
  const data = readVersion1(text, wrong)
  const artifacts = data.artifacts.map((entry: unknown, at): Artifact => {
    const link = isObject(entry) ? entry.link : undefined
    if (!isObject(entry) || typeof entry.type !== 'string' || !isObject(link) || typeof link.path !== 'string' || link.path === '') {
      throw wrong(`artifact ${at + 1} has no type or no link with a path`)
    }
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
    return { type: entry.type, md5: text(entry.md5), link: { path: link.path, etag: text(link.etag), type: text(link.type) ?? 's3' } }
  })
  return { created: typeof data.created === 'string' ? data.created : undefined, artifacts }
}

/**
 * Reads a JSON object of version 1.0 with a list of artifacts, whose entries and other fields may be anything.
 *
 * @throws what `wrong` makes of the reason.
 */
export function readVersion1(
  text: string,
  wrong: (why: string) => CliError,
): Readonly<Record<string, unknown>> & { readonly artifacts: readonly unknown[] } {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (cause) {
    throw wrong(`it isn't JSON (${excerpt((cause as Error).message, 80)})`)
  }
  if (!isObject(data)) throw wrong('it is not an object')
  const { version, artifacts } = data
  if (version !== '1.0') throw wrong(`its version is ${excerpt(JSON.stringify(version) ?? 'missing', 40)}, not "1.0"`)
  if (!Array.isArray(artifacts)) throw wrong('it has no list of artifacts')
  return { ...data, artifacts }
}
