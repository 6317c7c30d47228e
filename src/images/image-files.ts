import { readdirSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { usualNames } from '../definitions/image-transfers.ts'
import { CliError } from '../errors.ts'
import { isMissing, readTextFile } from '../files/read-file.ts'
import { fileError } from '../files/reason.ts'
import { artifactName, artifactTypes, type ArtifactName } from '../s3/artifacts.ts'
import { createPattern } from '../text/pattern.ts'
import { exportFile, readExport, type ExportedArtifact, type ExportedImage } from './export-manifest.ts'

/** A file that an image is made of. */
export interface ArtifactFile {
  /** What it is called among the image's objects. */
  readonly name: string
  /** Its media type. */
  readonly type: string
  readonly path: string
  /** What it was when it was exported. */
  readonly exported?: ExportedArtifact
}

const oneByOne = 'name the files one by one: --rootfs FILE, --kernel FILE and so on'

/** The files of an image that are named one by one. */
export function filesNamed(paths: Readonly<Partial<Record<ArtifactName, string>>>): ArtifactFile[] {
  const names = Object.keys(artifactTypes) as ArtifactName[]
  return names.flatMap((name) => (paths[name] === undefined ? [] : [{ name, type: artifactTypes[name], path: paths[name] }]))
}

/**
 * The files of an image in a folder: those that its {@link exportFile} names, else those with usual names.
 *
 * @param named files that take the place of what the folder has.
 * @throws CliError where there is none for the rootfs, several for one artifact, or one that is outside of the folder.
 */
export function filesIn(folder: string, named: readonly ArtifactFile[]): { files: ArtifactFile[]; exported?: ExportedImage } {
  const path = join(folder, exportFile)
  const text = readTextFile(path, 'imageExport')
  if (text === undefined) return { files: [...findUsual(folder, named), ...named] }
  const exported = readExport(text, path)
  const files = exported.artifacts.map((one) => {
    const known = artifactName(one)
    const name =
      Object.hasOwn(artifactTypes, known) && exported.artifacts.findLast(({ type }) => type === one.type) === one ? known : one.file
    return { name, type: one.type, path: inside(folder, one.file), exported: one }
  })
  const twice = files.find(({ name }, at) => files.findIndex((other) => other.name === name) !== at)
  if (twice) throw new CliError(`${path} doesn't describe an image: ${twice.name} is the name of two artifacts`)
  if (!files.some(({ name }) => name === 'rootfs')) throw withoutRootfs(folder, `${exportFile} names none`)
  return { files: [...files.filter(({ name }) => !named.some((file) => file.name === name)), ...named], exported }
}

function findUsual(folder: string, given: readonly ArtifactFile[]): ArtifactFile[] {
  let present: string[]
  try {
    present = readdirSync(folder).toSorted()
  } catch (cause) {
    throw fileError(folder, 'read', cause)
  }
  const problems: CliError[] = []
  const wanted = (Object.keys(usualNames) as ArtifactName[]).filter((name) => !given.some((file) => file.name === name))
  const files = wanted.flatMap((name): ArtifactFile[] => {
    const named = present.filter((file) => usualNames[name].some((pattern) => createPattern(pattern)(file)))
    try {
      // Links to one file are one.
      const found = new Map(named.map((file) => [inside(folder, file), file]))
      if (found.size > 1)
        throw new CliError(`${folder} has several files for the ${name}: ${[...found.values()].join(', ')}`, {
          next: oneByOne,
        })
      return [...found.keys()].slice(0, 1).map((path) => ({ name, type: artifactTypes[name], path }))
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      problems.push(error)
      return []
    }
  })
  if (!problems.length && !files.some(({ name }) => name === 'rootfs'))
    problems.push(withoutRootfs(folder, 'nothing there is called rootfs or *.squashfs'))
  throwProblems(problems)
  return files
}

function withoutRootfs(folder: string, why: string): CliError {
  return new CliError(`${folder} has no rootfs: ${why}`, { next: oneByOne })
}

/** A file of a folder behind its links. @throws CliError where they lead out of it */
function inside(folder: string, file: string): string {
  const path = join(folder, file)
  try {
    const real = realpathSync(path)
    if (real.startsWith(`${realpathSync(folder).replace(/\/$/, '')}${sep}`)) return real
  } catch (cause) {
    throw isMissing(cause) ? new CliError(`${path} is not there`) : fileError(path, 'read', cause)
  }
  throw new CliError(`${path} is a link to a file outside of the folder`, { next: oneByOne })
}

/** @throws CliError for one problem as it is, for several with a line each */
export function throwProblems(problems: readonly CliError[]): void {
  const [first] = problems
  if (problems.length === 1) throw first!
  if (first)
    throw new CliError(`${problems.length} files of the image can't be used`, {
      more: problems.map(({ message }) => `  ${message}`),
      next: first.next,
    })
}
