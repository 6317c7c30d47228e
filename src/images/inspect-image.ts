import { createHash } from 'node:crypto'
import { CliError } from '../errors.ts'
import type { Image } from '../ims/records.ts'
import { artifactName, type Artifact, type ArtifactName } from '../s3/artifacts.ts'
import type { ObjectInfo, ObjectStore } from '../s3/store.ts'
import { judged, lookAt, manifestOf } from './image-artifacts.ts'

/** An artifact of a manifest, and what is there of it. */
export interface FoundArtifact {
  readonly artifact: Artifact
  readonly info: ObjectInfo | undefined
}

/** What an image consists of, and what is wrong with that. */
export interface Inspection {
  /** A line each; none where the image is complete. */
  readonly problems: readonly string[]
  readonly artifacts: readonly FoundArtifact[]
}

/** What is looked for. */
export interface InspectOptions {
  /** What the image can't do without. */
  readonly needed?: readonly ArtifactName[]
  /** Every artifact is read, and its md5 sum compared. */
  readonly content?: boolean
}

/** Whether an image's manifest, and all that it names, is there as it says. */
export async function inspectImage(
  store: ObjectStore,
  image: Image,
  { needed = [], content = false }: InspectOptions = {},
): Promise<Inspection> {
  if (!image.link) return { problems: ['it has no link: its artifacts were never uploaded'], artifacts: [] }
  const manifest = await judged(() => manifestOf(store, image))
  if (manifest instanceof CliError) return { problems: [manifest.message], artifacts: [] }
  const lacking = needed.filter((name) => !manifest.artifacts.some((one) => artifactName(one) === name))
  const { etag } = image.link
  const inspected = await Promise.all(
    manifest.artifacts.map(async (artifact) => {
      const info = await lookAt(store, artifact)
      return { artifact, info, problems: await problemsWith(store, { artifact, info }, content) }
    }),
  )
  const problems = [
    ...(etag && etag !== manifest.info.etag ? [`manifest: its etag is ${manifest.info.etag}, and ${etag} in the record`] : []),
    ...lacking.map((name) => `${name}: not in the manifest`),
    ...inspected.flatMap((one) => one.problems),
  ]
  return { problems, artifacts: inspected }
}

async function problemsWith(store: ObjectStore, { artifact, info }: FoundArtifact, withContent: boolean): Promise<string[]> {
  const { md5, link } = artifact
  const name = artifactName(artifact)
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
