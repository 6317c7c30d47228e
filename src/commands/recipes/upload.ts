import type { CommandContext } from '../../context.ts'
import { lineOf } from '../../definitions/option-words.ts'
import { uploadOptions, type UploadOptions } from '../../definitions/recipe-archives.ts'
import { createRecipe } from '../../definitions/recipe-fields.ts'
import { CliError, usageError } from '../../errors.ts'
import { checkRecipe } from '../../recipes/check-recipe.ts'
import { openLocal } from '../../recipes/open-source.ts'
import { templateValues } from '../../recipes/template-values.ts'
import { uploadRecipe } from '../../recipes/upload-recipe.ts'
import type { Content } from '../../s3/content.ts'
import type { ObjectStore } from '../../s3/store.ts'
import { makeRequest } from '../request.ts'

/** `recipes upload`: a recipe of the service from a folder or an archive. */
export async function run(context: CommandContext, options: UploadOptions, { source: word }: { source: string }): Promise<number> {
  const { name, recipe_type: type, linux_distribution: distribution, arch = 'x86_64', require_dkms: dkms } = options
  if (name === '') throw usageError("Invalid value for '--name': it is empty")
  const values = templateValues(options)
  const content = await packChecked(context, word, options, values)
  const keys = [...values.keys()]
  const dictionary = { template_dictionary_key: keys, template_dictionary_value: keys.map((key) => values.get(key)!) }
  const fields = { ...options, ...(keys.length > 0 && dictionary) }
  let store: Promise<ObjectStore> | undefined
  try {
    return await uploadRecipe(context, {
      wanted: {
        name,
        recipe_type: type,
        linux_distribution: distribution,
        arch,
        require_dkms: dkms,
        template_dictionary: keys.map((key) => ({ key, value: values.get(key)! })),
        md5: content.md5,
      },
      content,
      create: makeRequest(createRecipe, fields, {}),
      ifExists: options.if_exists,
      dryRun: options.dry_run ?? false,
      store: () => (store ??= context.store(options.s3_endpoint)),
      again: ['recipes', 'upload', word, ...lineOf(uploadOptions, { ...options })],
    })
  } finally {
    await (await store)?.close()
  }
}

/** The archive of a recipe in which a check has found nothing. @throws CliError with all that it has found */
async function packChecked(
  context: CommandContext,
  word: string,
  options: UploadOptions,
  values: ReadonlyMap<string, string>,
): Promise<Content> {
  const progress = await context.progress()
  const show = (text: string) => void (progress.isInteractive && progress.update(text))
  try {
    show(`checking ${word}`)
    const source = await openLocal(context, word, options.exclude)
    const { recipe_type: type, arch = 'x86_64', yes: acceptSecrets = false } = options
    const { problems, warnings } = await checkRecipe(source, { type, arch, values, acceptSecrets })
    for (const line of warnings) progress.log(`Warning: ${line}.`)
    if (problems.length > 0) {
      throw new CliError(`${word} can't be uploaded`, { more: [...problems.map((line) => `  ${line}`), 'Nothing was sent.'] })
    }
    show(`packing ${word}`)
    return await source.archive()
  } finally {
    progress.stop()
  }
}
