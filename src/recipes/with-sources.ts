import type { CommandContext } from '../context.ts'
import type { Recipe } from '../ims/records.ts'
import type { ObjectStore } from '../s3/store.ts'
import { findStored, isLocal, openLocal, storedSource } from './open-source.ts'
import type { RecipeSource } from './source.ts'

/** A recipe that a word names. */
export interface OpenedRecipe {
  readonly source: RecipeSource
  /** Its record, where it is one of the service. */
  readonly recipe?: Recipe
}

/** How recipes are found and read. */
export interface SourceOptions {
  readonly exclude?: readonly string[]
  readonly latest?: boolean
  readonly s3_endpoint?: string
}

/**
 * Does something with recipes that words name: folders, archives, recipes of the service.
 *
 * @throws CliError where there is none, or it can't be read.
 */
export async function withSources<R>(
  context: CommandContext,
  words: readonly string[],
  { exclude, latest, s3_endpoint: endpoint }: SourceOptions,
  work: (opened: readonly OpenedRecipe[]) => Promise<R>,
): Promise<R> {
  let store: Promise<ObjectStore> | undefined
  const connect = () => (store ??= context.store(endpoint))
  try {
    const opened: OpenedRecipe[] = []
    for (const word of words) {
      if (isLocal(context, word)) {
        opened.push({ source: await openLocal(context, word, exclude) })
        continue
      }
      const stored = await findStored(context, connect, word, latest)
      opened.push({ source: storedSource(await connect(), stored), recipe: stored.recipe })
    }
    return await work(opened)
  } finally {
    await (await store)?.close()
  }
}
