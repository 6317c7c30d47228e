import { findLinked } from '../builds/source.ts'
import { listRecords } from '../ims/fetch-records.ts'
import type { CommandContext } from '../context.ts'
import { CliError } from '../errors.ts'
import { kindOfPath } from '../files/folder-tree.ts'
import { absolutePath } from '../files/path.ts'
import type { Recipe } from '../ims/records.ts'
import type { ObjectInfo, ObjectStore } from '../s3/store.ts'
import { archiveFile, readArchive } from './archive.ts'
import { recipeFolder } from './folder.ts'
import { findArchive } from './recipe-archive.ts'
import type { LocalRecipe, RecipeSource } from './source.ts'

/** A recipe's folder or archive. @throws CliError where there is none, or it can't be read */
export async function openLocal({ io }: CommandContext, word: string, exclude: readonly string[] = []): Promise<LocalRecipe> {
  const path = absolutePath(word, io)
  const kind = kindOfPath(path)
  if (kind === undefined) throw new CliError(`${word}: no such file or folder`, { next: 'ls' })
  if (kind === 'folder') return recipeFolder(path, word, exclude)
  if (exclude.length > 0) throw new CliError(`--exclude is for a folder, and ${word} is not one`)
  return archiveFile(path, word)
}

/** Whether a word names a file or folder here, rather than a recipe of the service. */
export const isLocal = ({ io }: CommandContext, word: string) => word.includes('/') || kindOfPath(absolutePath(word, io)) !== undefined

/** A recipe of the service that has an archive. */
export interface StoredRecipe {
  readonly recipe: Recipe
  readonly info: ObjectInfo
}

/**
 * A recipe of the service, by its id or name, and its archive.
 *
 * @throws CliError with the candidates where none or several fit, and where its archive isn't there.
 */
export async function findStored(
  context: CommandContext,
  store: () => Promise<ObjectStore>,
  word: string,
  latest?: boolean,
): Promise<StoredRecipe> {
  const { records, odd } = await listRecords(await context.api(), 'recipe')
  const recipe = findLinked('recipe', records, odd, { source: word, arch: undefined, latest })
  const info = await findArchive(await store(), recipe.link!)
  if (info) return { recipe, info }
  throw new CliError(`recipe ${recipe.id} has no archive: ${recipe.link!.path} is not there`, { next: ['recipes', 'describe', recipe.id] })
}

/** A recipe of the service as a source: what is read of it is downloaded each time. */
export function storedSource(store: ObjectStore, { recipe, info }: StoredRecipe): RecipeSource {
  return {
    shown: `recipe ${recipe.name}`,
    async *read() {
      const body = await store.open(info)
      try {
        yield* readArchive(() => body, `the archive of recipe ${recipe.name}`)
      } catch (error) {
        throw await store.explain(error, info.location)
      }
    },
  }
}
