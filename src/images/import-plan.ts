import { requestLine } from '../builds/planned-writes.ts'
import { CliError } from '../errors.ts'
import { images } from '../definitions/records.ts'
import type { ApiRequest } from '../ims/api.ts'
import type { Image, Link } from '../ims/records.ts'
import { candidateLines, newestOf } from '../ims/reference.ts'
import * as requests from '../ims/requests.ts'
import { toValue } from '../json/value.ts'
import { artifactLocation, manifestFile, writeManifest, type Artifact } from '../s3/artifacts.ts'
import { s3Url } from '../s3/location.ts'
import type { Content, StoredContent } from '../s3/content.ts'
import type { ObjectInfo } from '../s3/store.ts'
import { contentText } from './check-files.ts'
import { metadataOf } from './metadata.ts'

/** What becomes an artifact of an image: a file, or what the S3 has already. */
export type ImagePart = { readonly name: string } & (Content | StoredContent)

/** An image that is to be there. */
export interface ImportOrder {
  readonly name: string
  readonly arch: Image['arch']
  readonly metadata: Readonly<Record<string, string>>
  readonly files: readonly ImagePart[]
  readonly ifExists: 'fail' | 'skip'
  /** What is to be done where the name is taken. */
  readonly nextIfTaken?: string
}

/** An image that has the name already. */
export interface NamedImage {
  readonly image: Image
  /** What it consists of, by type; of one without a link, what was uploaded of ours. Undefined where that can't be told. */
  readonly content: readonly Sum[] | undefined
}

/** What tells artifacts apart. */
export interface Sum {
  readonly type: string
  readonly md5: string | undefined
}

/** What an import comes to. */
export type ImportPlan =
  | { readonly do: 'create' }
  /** Goes on with a record that another run has created. */
  | { readonly do: 'resume'; readonly image: Image }
  /** Nothing: the same image, or another one that is as good. */
  | { readonly do: 'nothing'; readonly image: Image; readonly why: 'same' | 'skipped' }

/**
 * Decides what an import comes to, by the images that have its name.
 *
 * @throws CliError where the name is taken.
 */
export function planImport(
  { name, arch, files, ifExists, nextIfTaken = 'add --if-exists skip, or another --name' }: Omit<ImportOrder, 'metadata'>,
  named: readonly NamedImage[],
): ImportPlan {
  const linked = named.filter(({ image }) => image.link)
  const same = newestOf(linked.filter(({ image, content }) => image.arch === arch && isSame(content, files)).map(({ image }) => image))
  if (same) return { do: 'nothing', image: same, why: 'same' }
  const other = newestOf(linked.map(({ image }) => image))
  if (other && ifExists === 'skip') return { do: 'nothing', image: other, why: 'skipped' }
  if (other) {
    throw new CliError(`the image name ${name} is taken, by a different image`, {
      more: candidateLines(linked.map(({ image }) => image)),
      next: nextIfTaken,
    })
  }
  const unfinished = newestOf(
    named.filter(({ image, content }) => image.arch === arch && content && isPartOf(content, files)).map(({ image }) => image),
  )
  if (unfinished) return { do: 'resume', image: unfinished }
  if (named.length === 0) return { do: 'create' }
  throw new CliError(`the image name ${name} is taken, by an image that was never completed and has another arch or content`, {
    more: candidateLines(named.map(({ image }) => image)),
    next: ['images', 'delete', named[0]!.image.id],
  })
}

const sumText = ({ type, md5 }: Sum) => `${type} ${md5}`

function isPartOf(content: readonly Sum[], files: readonly Sum[]): boolean {
  const own = new Set(files.map(sumText))
  return content.every((one) => own.has(sumText(one)))
}

function isSame(content: readonly Sum[] | undefined, files: readonly Sum[]): boolean {
  return content !== undefined && content.length === files.length && isPartOf(content, files) && isPartOf(files, content)
}

/**
 * The request that creates the record. Of metadata it takes one pair, or all where none is called `key`: the service
 * takes these for a pair.
 */
export function createRequest({ name, arch, metadata }: ImportOrder): requests.BodyRequest {
  const sent = sentMetadata({ metadata })
  const given = Object.hasOwn(sent, 'key') ? { key: 'key', value: sent.key } : sent
  return {
    ...requests.createRequest(images, toValue({ name, arch, ...(Object.keys(sent).length > 0 && { metadata: given }) })),
    optionOf: (field) => (field === 'name' ? `--name ${name}` : field === 'arch' ? `--arch ${arch}` : undefined),
  }
}

/** The metadata that go with the request that creates the record. */
function sentMetadata({ metadata }: Pick<ImportOrder, 'metadata'>): ImportOrder['metadata'] {
  return Object.hasOwn(metadata, 'key') ? { key: metadata.key! } : metadata
}

const requestFor = (id: string, change: unknown): requests.BodyRequest => requests.updateRequest(images, id, toValue(change))

/** The requests that set the metadata that a record lacks. */
export function metadataRequests(id: string, wanted: ImportOrder['metadata'], present: ImportOrder['metadata']): ApiRequest[] {
  return Object.entries(wanted)
    .filter(([key, value]) => !Object.hasOwn(present, key) || present[key] !== value)
    .map(([key, value]) => requestFor(id, { metadata: { operation: 'set', key, value } }))
}

/** The request that links the manifest to the record, which is complete then. */
export function linkRequest(id: string, link: Link): requests.BodyRequest {
  return requestFor(id, { link })
}

/** The manifest of what was uploaded. It is the same whenever it is written again. */
export function manifestText({ created }: Pick<Image, 'created'>, uploaded: readonly ObjectInfo[], files: readonly ImagePart[]): string {
  const artifacts = files.map(({ type, md5 }, at): Artifact => {
    const { location, etag } = uploaded[at]!
    return { type, md5, link: { path: s3Url(location), etag, type: 's3' } }
  })
  return writeManifest({ created, artifacts })
}

/** What stands for the id and the entity tag that are yet to be given. */
const [newImage, newEtag] = ['NEW_IMAGE_ID', 'ETAG']

/**
 * The writes that an import would do, a line each.
 *
 * @param there what is uploaded already.
 */
export function plannedImport(order: ImportOrder, plan: ImportPlan, there: readonly Sum[] = []): string[] {
  if (plan.do === 'nothing') return []
  const id = plan.do === 'resume' ? plan.image.id : newImage
  const place = (file: string) => s3Url(artifactLocation(id, file))
  const present = plan.do === 'resume' ? metadataOf(plan.image) : sentMetadata(order)
  return [
    ...(plan.do === 'create' ? [requestLine(createRequest(order))] : []),
    ...order.files
      .filter((file) => !there.some((one) => sumText(one) === sumText(file)))
      .map((file) => `PUT ${place(file.name)}  ${'from' in file ? `copy of ${s3Url(file.from.location)}, ` : ''}${contentText(file)}`),
    `PUT ${place(manifestFile)}`,
    ...metadataRequests(id, order.metadata, present).map(requestLine),
    requestLine(linkRequest(id, { path: place(manifestFile), etag: newEtag, type: 's3' })),
  ]
}
