import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandContext } from '../context.ts'
import { CliError } from '../errors.ts'
import { readTextFile } from '../files/read-file.ts'
import { fileError } from '../files/reason.ts'
import { streamFile } from '../files/stream-file.ts'
import { replaceFile } from '../files/write-file.ts'
import type { Image } from '../ims/records.ts'
import { artifactName, type Artifact, type ArtifactName } from '../s3/artifacts.ts'
import { download } from '../s3/download.ts'
import { s3Url } from '../s3/location.ts'
import type { ObjectInfo, ObjectStore } from '../s3/store.ts'
import type { Progress } from '../terminal/progress.ts'
import { transferProgress } from '../terminal/transfer-progress.ts'
import { exportFile, exportNames, readExport, writeExport, type ExportedArtifact, type ExportedImage } from './export-manifest.ts'
import { sayingHowToGoOn } from '../builds/go-on.ts'
import { artifactOf, demandObject, manifestOf } from './image-artifacts.ts'
import { metadataOf } from './metadata.ts'
import { allDone, totalOf } from './side-by-side.ts'

/** An artifact on its way into a folder. */
interface Leaving {
  readonly file: string
  readonly path: string
  readonly type: string
  /** The object, with the md5 sum that the manifest has of it. */
  readonly info: ObjectInfo
}

/** What is to be exported, and how. */
export interface ExportRequest {
  readonly image: Image
  readonly folder: string
  /** Only these artifacts; all unless given. */
  readonly types?: readonly ArtifactName[]
  /** The words of the command that goes on with it. */
  readonly again: readonly string[]
}

/**
 * Downloads an image into a folder, and describes it there.
 *
 * @returns what was asked for, as it is in the folder now.
 * @throws CliError before anything is written where an artifact isn't there, or isn't what the manifest says, and where
 * the folder has another image or a different file; what has come stays where a download fails.
 */
export async function exportImage(
  { context, store, progress }: { context: CommandContext; store: ObjectStore; progress: Progress },
  { image, folder, types, again }: ExportRequest,
): Promise<ExportedArtifact[]> {
  const { io } = context
  const manifest = await manifestOf(store, image)
  const { artifacts } = manifest
  for (const type of types ?? []) artifactOf(image, manifest, type)
  const names = exportNames(artifacts)
  const all = artifacts.map((artifact, at) => ({ artifact, file: names[at]! }))
  const before = readBefore(folder, image, all)
  const wanted = await Promise.all(all.filter(({ artifact }) => isOfTypes(artifact, types)).map((one) => leaving(store, folder, one)))
  const present = await presentIn(wanted, () => io.interrupted.throwIfAborted())
  const missing = wanted.filter((one) => !present.has(one)).map((one) => ({ ...one, size: one.info.size }))
  const transfer = transferProgress(
    { progress, monotonic: io.monotonic },
    { what: `download of image ${image.name}`, total: totalOf(missing) },
  )
  await allDone(missing, transfer.update, ({ info, path }, onProgress) =>
    download(info, path, { store, sleep: io.sleep, onProgress }),
  ).catch((error: unknown) => {
    throw error instanceof CliError ? sayingHowToGoOn(context, error, again, `What has come is kept in ${folder}.`) : error
  })
  if (missing.length > 0) transfer.done()
  const written: ExportedArtifact[] = []
  for (const { type, file, path, info } of wanted) {
    written.push({ type, file, md5: info.md5 ?? (await streamFile(path).md5()), size: info.size })
  }
  const kept = before?.artifacts.filter((one) => !written.some(({ file }) => file === one.file)) ?? []
  const order = (one: ExportedArtifact) => names.indexOf(one.file)
  describe(folder, {
    name: image.name,
    arch: image.arch,
    metadata: metadataOf(image),
    artifacts: [...written, ...kept].toSorted((one, other) => order(one) - order(other)),
  })
  return written
}

/** What an earlier export of the image has left in the folder. @throws CliError where that is of another image */
function readBefore(folder: string, image: Image, all: readonly { artifact: Artifact; file: string }[]): ExportedImage | undefined {
  const path = join(folder, exportFile)
  const text = readTextFile(path, 'imageExport')
  if (text === undefined) return undefined
  const before = readExport(text, path)
  const isOurs = ({ file, md5 }: ExportedArtifact) =>
    all.some((one) => one.file === file && (one.artifact.md5 === undefined || one.artifact.md5 === md5))
  if (before.name === image.name && before.arch === image.arch && before.artifacts.every(isOurs)) return before
  throw new CliError(`${folder} has another image: ${before.name}, ${before.arch}`, { next: 'name another folder: --dir FOLDER' })
}

async function leaving(store: ObjectStore, folder: string, { artifact, file }: { artifact: Artifact; file: string }): Promise<Leaving> {
  const info = await demandObject(store, artifact)
  const { md5, type } = artifact
  if (md5 !== undefined && info.md5 !== undefined && md5 !== info.md5) {
    throw new CliError(`${s3Url(info.location)} is not what the manifest says: its md5 sum is ${info.md5}, and ${md5} in the manifest`, {
      more: ['Nothing was written.'],
    })
  }
  return { file, path: join(folder, file), type, info: { ...info, md5: md5 ?? info.md5 } }
}

/** Those that are in the folder. @throws CliError where a different file has the name of one */
async function presentIn(wanted: readonly Leaving[], check: () => void): Promise<ReadonlySet<Leaving>> {
  const present = new Set<Leaving>()
  const different: Leaving[] = []
  for (const one of wanted) {
    const { path, info } = one
    if (!isThere(path)) continue
    const file = streamFile(path)
    const isSame = file.size === info.size && info.md5 !== undefined && (await file.md5(check)) === info.md5
    if (isSame) present.add(one)
    else different.push(one)
  }
  if (different.length === 0) return present
  throw new CliError(`${different.map(({ path }) => path).join(' and ')} would be overwritten: not what the image has`, {
    more: ['Nothing was written.'],
    next: 'name another folder: --dir FOLDER, or remove what is there',
  })
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (cause) {
    throw fileError(path, 'written', cause)
  }
}

function describe(folder: string, image: ExportedImage): void {
  const path = join(folder, exportFile)
  const text = writeExport(image)
  if (readTextFile(path, 'imageExport') !== text) replaceFile(path, text)
}

function isOfTypes(artifact: Artifact, types: readonly string[] | undefined): boolean {
  return types === undefined || types.includes(artifactName(artifact))
}
