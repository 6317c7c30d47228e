import { artifactLocation, artifactTypes, manifestFile, manifestType, md5Metadata, writeManifest } from '../../s3/artifacts.ts'
import { s3Url } from '../../s3/location.ts'
import type { Image, Link, Recipe } from '../records.ts'
import type { State } from '../state.ts'
import { packTexts } from './archive.ts'
import { md5Of, type Objects, type StoredObject } from './objects.ts'

/** Below this, in its bucket, is what a deleted record had. */
const deleted = 'deleted/'

/**
 * The object at a place. What a record of the service stands for is there without having been uploaded: the archive of a
 * recipe, an image's manifest and the artifacts in it, whether a seed has the record or a job has made it. Not so what the
 * state names as missing, and what was deleted.
 */
export function findObject(objects: Objects, state: State, bucket: string, key: string): StoredObject | undefined {
  const there = objects.get(bucket, key)
  if (there || objects.wasDeleted(bucket, key) || state.missingArtifacts.has(s3Url({ bucket, key }))) return there
  const made = standsFor(state, bucket, key)
  if (!made) return undefined
  const { bytes, type, etag, created } = made
  const md5 = md5Of(bytes)
  const modified = Date.parse(`${created}Z`) || Date.parse(created)
  const object = { pieces: [objects.write(bytes)], etag: etag || md5, modified, type, metadata: { [md5Metadata]: md5 } }
  objects.set(bucket, key, object)
  return object
}

interface Made {
  readonly bytes: Buffer
  readonly type: string
  /** As its record has it; empty where none has. */
  readonly etag: string
  readonly created: string
}

function standsFor(state: State, bucket: string, key: string): Made | undefined {
  const path = s3Url({ bucket, key })
  const isLinked = ({ link }: { link: Link | null }) => link?.path === path
  const recipe = [...state.recipes.values(), ...state.deletedRecipes.values()].find(isLinked)
  if (recipe) return { bytes: archiveOf(recipe), type: 'application/gzip', etag: recipe.link!.etag ?? '', created: recipe.created }
  const image = [...state.images.values()].find(isLinked)
  if (image) return { ...manifestOf(image), etag: image.link!.etag ?? '' }
  // By its layout an artifact's place names the image.
  const [, below = '', id = '', file = ''] = /^(deleted\/)?([^/]+)\/([^/]+)$/.exec(key) ?? []
  const owner = below === deleted ? state.deletedImages.get(id) : state.images.get(id)
  if (!owner?.link || artifactLocation(id, file).bucket !== bucket) return undefined
  if (below === deleted && file === deletedManifest) return { ...manifestOf(owner), etag: '' }
  return Object.hasOwn(artifactTypes, file) ? { ...artifactOf(owner, file as keyof typeof artifactTypes), etag: '' } : undefined
}

function archiveOf({ name, template_dictionary: templates }: Recipe): Buffer {
  const variables = (templates ?? []).map(({ key }) => `    <!-- {{${key}}} -->`)
  const config = [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<image schemaversion="7.4" name="${name.replace(/[&<>"]/g, '')}">`,
    ...variables,
    '  <repository type="rpm-md"><source path="https://packages.local/repository/sles"/></repository>',
    '</image>',
    '',
  ]
  return packTexts({ 'config.xml': config.join('\n') })
}

/** What an artifact of an image that nobody uploaded consists of. */
function artifactOf({ id, name, created }: Image, file: keyof typeof artifactTypes): Omit<Made, 'etag'> {
  const bytes = Buffer.from(
    file === 'boot_parameters'
      ? 'console=ttyS0,115200 crashkernel=512M ip=dhcp\n'
      : `${file === 'rootfs' ? 'hsqs' : ''}${file} of ${name} (${id})\n`,
  )
  return { bytes, type: artifactTypes[file], created }
}

function manifestOf(image: Image): Omit<Made, 'etag'> {
  const artifacts = (Object.keys(artifactTypes) as (keyof typeof artifactTypes)[]).map((file) => {
    const { bytes, type } = artifactOf(image, file)
    const md5 = md5Of(bytes)
    return { type, md5, link: { path: s3Url(artifactLocation(image.id, file)), etag: md5, type: 's3' } }
  })
  return { bytes: Buffer.from(writeManifest({ created: image.created, artifacts })), type: manifestType, created: image.created }
}

const deletedManifest = 'deleted_manifest.json'

/** Moves what a recipe's link names, where it was uploaded. @returns the new link, with the object's own entity tag */
export function moveLinked(objects: Objects, from: Link, to: Link): Link {
  const [source, target] = [placeOf(from), placeOf(to)]
  const object = source && objects.get(source.bucket, source.key)
  if (!source || !target || !object) return to
  objects.move(source.bucket, source.key, target.key)
  return { ...to, etag: object.etag }
}

/** A link with the entity tag of the object that was uploaded there; as it is where none was. */
export function ownEtag(objects: Objects, link: Link): Link {
  const place = placeOf(link)
  return { ...link, etag: (place && objects.get(place.bucket, place.key)?.etag) ?? link.etag }
}

/** Moves an image's artifacts below `deleted/`, or back. */
export function moveImage(objects: Objects, id: string, to: 'deleted' | 'back'): void {
  const { bucket } = artifactLocation(id, '')
  const [from, below] = to === 'deleted' ? [`${id}/`, `${deleted}${id}/`] : [`${deleted}${id}/`, `${id}/`]
  const renamed = (file: string) =>
    to === 'deleted' ? (file === manifestFile ? deletedManifest : file) : file === deletedManifest ? manifestFile : file
  for (const key of objects.keys(bucket)) {
    if (key.startsWith(from)) objects.move(bucket, key, `${below}${renamed(key.slice(from.length))}`)
  }
}

function placeOf({ path }: Link): { bucket: string; key: string } | undefined {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(path) ?? []
  return bucket === undefined || key === undefined ? undefined : { bucket, key }
}
