import { found, plain } from './answer.ts'
import { deletedManifestLink, demandArtifact, keptLink, manifestLink, sameLink } from './artifacts.ts'
import { deletingForGood, given, reading, removing, softDelete, type Handlers } from './handlers.ts'
import { isObject } from '../json/is-object.ts'
import { conflict, crashed, notFound, problem, Refused } from './problem.ts'
import { timeText, type Image, type Job, type Link } from './records.ts'
import { requestFields } from './request-fields.ts'
import { moveImage } from './s3/record-objects.ts'
import type { State } from './state.ts'

const read = reading((state) => state.images)
const remove = removing(
  (state) => state.images,
  (site, image) => {
    if (image.link) moveImage(site.objects, image.id, 'deleted')
    softDelete(
      site,
      site.state.images,
      site.state.deletedImages,
      image,
      // What the store hasn't got can't be moved: the service lets the link be.
      image.link && !site.state.missingArtifacts.has(image.link.path)
        ? { link: deletedManifestLink(image.id), mock: { ...image.mock, link: image.link } }
        : {},
    )
  },
)

/** A new image from the fields of a request or a seed. */
export function newImage(asked: Record<string, unknown>, id: string, created: string): Image {
  return {
    id,
    created,
    name: asked.name as string,
    link: asked.link ? keptLink(asked.link as Link) : null,
    arch: (asked.arch as string | undefined) ?? 'x86_64',
    metadata: { ...(asked.metadata as Record<string, string> | undefined) },
  }
}

/** Makes the image that a job results in, at a time; its id. */
export function addResult(state: State, job: Job, id: string, time: number): string {
  const image = newImage({ name: job.image_root_archive_name, arch: job.arch, link: manifestLink(id) }, id, timeText(time))
  state.images.set(id, image)
  return id
}

export const images: Handlers = {
  all: {
    GET: read.all,
    DELETE: remove.all,
    POST({ state, clock, newId }, call) {
      const image = newImage(given(call, requestFields.createImage, withMetadata), newId(), timeText(clock.now()))
      if (image.link) demandNewManifest(state, image.link)
      state.images.set(image.id, image)
      return plain(201, state.images.served(image))
    },
  },
  one: {
    GET: read.one,
    DELETE: remove.one,
    PATCH({ state }, call, id) {
      const image = state.images.get(id)
      if (!image) return notFound()
      // In the order that the fields came, and what came before a conflict stays: as the service does it.
      for (const [field, value] of Object.entries(given(call, requestFields.updateImage))) {
        if (field === 'link') {
          if (image.link && !sameLink(image.link, value as Link)) return conflict()
          if (!image.link) demandNewManifest(state, value as Link)
          image.link = value as Link
        } else if (field === 'arch') image.arch = value as string
        else if (field === 'metadata') image.metadata = patched(image.metadata, value as MetadataPatch)
        state.images.set(id, image)
      }
      return found(state.images.text(image))
    },
  },
}

/** The same, as version 2 of the API has it. Its service fails where it can't read the manifest of what it deletes. */
export const imagesForGood: Handlers = deletingForGood(
  images,
  (state) => state.images,
  (image) => image.id,
  ({ state }, { link }) => {
    if (link && state.missingArtifacts.has(link.path)) throw new Refused(crashed())
  },
)

// A pair of key and value becomes an entry, whatever the key is; other metadata are taken for entries.
function withMetadata(data: unknown): unknown {
  if (!isObject(data)) throw new Refused(crashed())
  const { metadata } = data
  if (!isObject(metadata) || !Object.hasOwn(metadata, 'key')) return data
  const { key, value = '' } = metadata
  if (typeof key === 'object' && key !== null) throw new Refused(crashed())
  return { ...data, metadata: typeof key === 'string' ? Object.fromEntries([[key, value]]) : new Map([[key, value]]) }
}

interface MetadataPatch {
  operation: 'set' | 'remove'
  key: string
  value?: string
}

function patched(metadata: Record<string, string>, { operation, key, value = '' }: MetadataPatch): Record<string, string> {
  const others = Object.entries(metadata).filter(([name]) => name !== key)
  return Object.fromEntries(operation === 'set' ? [...others, [key, value]] : others)
}

function demandNewManifest(state: State, link: Link): void {
  for (const other of state.images.values()) {
    if (other.link?.path !== link.path) continue
    throw new Refused(
      problem(
        422,
        `The link path ${link.path} matches the link path for the IMS image record ${other.id}. The link value must be unique and cannot be duplicated. Determine the specific information that is missing or invalid and then re-run the request with valid information.`,
      ),
    )
  }
  demandArtifact(state, link)
}
