import { CliError } from '../errors.ts'
import { artifactName, artifactTypes, manifestFile, readVersion1, type Artifact } from '../s3/artifacts.ts'
import { excerpt } from '../text/printable.ts'
import { isObject } from '../json/is-object.ts'

/** The file of an exported image that says what the others are. */
export const exportFile = 'image.json'

/** An artifact in a folder. */
export interface ExportedArtifact {
  /** Its media type. */
  readonly type: string
  /** Its file in that folder. */
  readonly file: string
  /** The md5 sum of its content, in hexadecimal. */
  readonly md5: string
  /** In bytes. */
  readonly size: number
}

/** An image in a folder, as another system takes it. */
export interface ExportedImage {
  readonly name: string
  readonly arch: string
  readonly metadata: Readonly<Record<string, string>>
  readonly artifacts: readonly ExportedArtifact[]
}

export function writeExport({ name, arch, metadata, artifacts }: ExportedImage): string {
  const listed = artifacts.map(({ type, file, md5, size }) => ({ type, file, md5, size }))
  return `${JSON.stringify({ version: '1.0', name, arch, metadata, artifacts: listed }, null, 2)}\n`
}

/**
 * Reads what {@link writeExport} has written, or someone else: no file that it names is outside its folder.
 *
 * @param path where it was found, for messages.
 * @throws CliError that names what is wrong with it.
 */
export function readExport(text: string, path: string): ExportedImage {
  const wrong = (why: string) => new CliError(`${path} doesn't describe an image: ${why}`)
  const { name, arch, metadata, artifacts } = readVersion1(text, wrong)
  if (typeof name !== 'string' || name.trim() === '' || typeof arch !== 'string') throw wrong('it has no name or no arch')
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) throw wrong('its metadata are not text')
  const read = artifacts.map((entry: unknown, at): ExportedArtifact => {
    const { type, file, md5, size } = isObject(entry) ? entry : {}
    const which = `artifact ${at + 1}`
    if (typeof type !== 'string' || type === '') throw wrong(`${which} has no type`)
    if (!isFileName(file))
      throw wrong(`the file of ${which} is ${excerpt(JSON.stringify(file) ?? 'missing', 80)}, not a name in this folder`)
    if (typeof md5 !== 'string' || !/^[0-9a-f]{32}$/.test(md5)) throw wrong(`${which} has no md5 sum`)
    if (!Number.isSafeInteger(size) || (size as number) < 0) throw wrong(`${which} has no size`)
    return { type, file, md5, size: size as number }
  })
  const twice = read.find(({ file }, at) => read.findIndex((other) => other.file === file) !== at)
  if (twice) throw wrong(`it names ${twice.file} twice`)
  return { name, arch, metadata: metadata as Record<string, string>, artifacts: read }
}

const reserved: ReadonlySet<string> = new Set([exportFile, manifestFile])

function isFileName(name: unknown): name is string {
  return typeof name === 'string' && /^[^./\p{Cc}][^/\p{Cc}]*$/u.test(name) && Buffer.byteLength(name) <= 200 && !reserved.has(name)
}

/** The files that artifacts are exported as, by the names that builds give them. */
export function exportNames(artifacts: readonly Artifact[]): string[] {
  const names: string[] = []
  for (const { type, link } of artifacts) {
    const own = artifactName({ type })
    const last = link.path.split('/').at(-1)
    const name = Object.hasOwn(artifactTypes, own) ? own : isFileName(last) ? last : 'artifact'
    let free = name
    for (let count = 2; names.includes(free); count++) free = `${name}-${count}`
    names.push(free)
  }
  return names
}
