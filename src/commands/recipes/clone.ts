import type { CommandContext } from '../../context.ts'
import { lineOf } from '../../definitions/option-words.ts'
import { cloneOptions, type CloneOptions } from '../../definitions/recipe-archives.ts'
import { createRecipe } from '../../definitions/recipe-fields.ts'
import { CliError } from '../../errors.ts'
import type { TemplateEntry } from '../../ims/records.ts'
import { findStored, type StoredRecipe } from '../../recipes/open-source.ts'
import { archiveType } from '../../recipes/source.ts'
import { templateValues } from '../../recipes/template-values.ts'
import { uploadRecipe } from '../../recipes/upload-recipe.ts'
import type { StoredContent } from '../../s3/content.ts'
import type { ObjectStore } from '../../s3/store.ts'
import { newNameOf } from '../new-name.ts'
import { makeRequest } from '../request.ts'

/** `recipes clone`: a recipe with the archive of another. */
export async function run(context: CommandContext, options: CloneOptions, args: { recipe: string; new_name?: string }): Promise<number> {
  const name = newNameOf(options, args)
  const given = dictionaryOf(options)
  let store: Promise<ObjectStore> | undefined
  const connect = () => (store ??= context.store(options.s3_endpoint))
  try {
    const stored = await findStored(context, connect, args.recipe, options.latest)
    const { recipe } = stored
    if (recipe.name === name) {
      throw new CliError(`recipe ${recipe.id} is called ${name} itself`, {
        more: ['A clone has another name. Nothing was created.'],
        next: 'choose another --name',
      })
    }
    const content = contentOf(stored)
    const settings = {
      name,
      recipe_type: options.recipe_type ?? recipe.recipe_type,
      linux_distribution: options.linux_distribution ?? recipe.linux_distribution,
      arch: options.arch ?? recipe.arch ?? 'x86_64',
      require_dkms: options.require_dkms ?? recipe.require_dkms ?? undefined,
    }
    const dictionary = given ?? recipe.template_dictionary ?? []
    return await uploadRecipe(context, {
      wanted: { ...settings, template_dictionary: dictionary, md5: content.md5 },
      content,
      create: makeRequest(createRecipe, { ...settings, ...fieldsOf(dictionary) }, {}),
      ifExists: options.if_exists,
      dryRun: options.dry_run ?? false,
      store: connect,
      // By its id: it is the same one next time.
      again: ['recipes', 'clone', recipe.id, ...lineOf(cloneOptions, { ...options, name, latest: undefined })],
    })
  } finally {
    await (await store)?.close()
  }
}

/** The variables that were given; undefined where the recipe's are kept. */
function dictionaryOf(options: CloneOptions): TemplateEntry[] | undefined {
  if (!options.template_dictionary_key && !options.template_dictionary_value) return undefined
  return [...templateValues(options)].map(([key, value]) => ({ key, value }))
}

function fieldsOf(dictionary: readonly TemplateEntry[]): object {
  if (dictionary.length === 0) return {}
  return {
    template_dictionary_key: dictionary.map(({ key }) => key),
    template_dictionary_value: dictionary.map(({ value }) => value),
  }
}

/** @throws CliError where nobody knows the md5 sum of the archive, by which a copy is checked. */
function contentOf({ recipe, info }: StoredRecipe): StoredContent {
  const { md5, size, type = archiveType } = info
  if (md5 !== undefined) return { from: info, md5, size, type }
  throw new CliError(`recipe ${recipe.id} can't be cloned: its archive says no md5 sum`, {
    more: ['Nothing was created. After a download, recipes upload makes the clone.'],
    next: ['recipes', 'download', recipe.id],
  })
}
