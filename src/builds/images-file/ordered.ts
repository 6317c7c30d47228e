import { dirname, resolve } from 'node:path'
import { CliError, usageError } from '../../errors.ts'
import { absolutePath } from '../../files/path.ts'
import { optionKey } from '../../definitions/definition.ts'
import { imageKeys, type BuildOptions } from '../../definitions/image-builds.ts'
import type { CommandContext } from '../../context.ts'
import { specProblems, type ImageSpec } from '../image-spec.ts'
import type { ImageImport, Importer } from '../importer.ts'
import { findOwnKey, type OwnKey } from '../public-key.ts'
import { readScript, type Script } from '../script.ts'
import { mistakes, type Entry, type FileImport, type Diagnostic } from './entries.ts'

/** An image of a file with all that this machine has to add. */
export type OrderedEntry = OrderedBuild | OrderedImport

/** One that a job makes. */
export interface OrderedBuild {
  readonly entry: Entry
  readonly order: ImageSpec
  readonly key: OwnKey
  readonly script: Script | undefined
}

/** One that is imported. */
export interface OrderedImport {
  readonly entry: Entry
  readonly order: FileImport
  readonly files: ImageImport
}

export const isImport = (one: OrderedEntry): one is OrderedImport => 'files' in one

/** Options of the line that hold for every image of a file that says nothing else. */
const general = imageKeys.recipe.map((row) => optionKey(row) as keyof BuildOptions)

/**
 * The entries of a file as orders: with the options of the line, their keys and scripts. Paths in the file start from its
 * folder.
 *
 * @param openImporter opens what imports images, once there is one to import.
 * @throws CliError with all mistakes and their lines.
 */
export async function orderedEntries(
  context: CommandContext,
  path: string,
  entries: readonly Entry[],
  options: BuildOptions,
  openImporter: () => Promise<Importer>,
): Promise<OrderedEntry[]> {
  const folder = dirname(absolutePath(path, context.io))
  const line = Object.fromEntries(general.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])))
  const [trouble] = specProblems(line as Partial<ImageSpec>)
  if (trouble) throw usageError(`Invalid value for '${trouble.flag}': ${trouble.why}`)
  const list: Diagnostic[] = []
  const keys = new Map<string | undefined, Promise<OwnKey>>()
  const keyOf = (file: string | undefined) => {
    if (!keys.has(file)) keys.set(file, findOwnKey(context, file))
    return keys.get(file)!
  }
  const ordered: OrderedEntry[] = []
  for (const entry of entries) {
    const { order: given, lineOf } = entry
    const attempt = async <R>(key: string, work: () => R): Promise<Awaited<R> | undefined> => {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof CliError) || (key === 'public-key' && !('public_key' in given))) throw error
        list.push({ line: lineOf(key), why: error.message, more: error.more })
        return undefined
      }
    }
    if ('import' in given) {
      const ifExists = given.if_exists ?? options.if_exists
      if (ifExists === 'replace')
        list.push({
          line: entry.line,
          why: `${given.name} is imported, and --if-exists replace is for builds: give it an if-exists of its own`,
        })
      const order = { ...given, arch: given.arch ?? options.arch, if_exists: ifExists === 'skip' ? 'skip' : 'fail' } as const
      const importer = await openImporter()
      const files = await attempt('source', () => importer.check(order))
      ordered.push({ entry, order, files: files! })
      continue
    }
    const order = {
      ...line,
      ...given,
      public_key: given.public_key === undefined ? options.public_key : resolve(folder, given.public_key),
    } as ImageSpec
    const script = await attempt(order.run === undefined ? 'script' : 'run', () => readScript({ cwd: folder }, order))
    const key = await attempt('public-key', () => keyOf(order.public_key))
    if (order.job_type === 'customize' && order.script === undefined && order.run === undefined)
      list.push({
        line: entry.line,
        why: `${order.name} needs a script or a run: several are made side by side, without a terminal for each`,
      })
    ordered.push({ entry, order, key: key!, script })
  }
  if (list.length > 0) throw mistakes(path, list)
  return ordered
}
