import type { CommandContext } from '../../context.ts'
import type { CheckOptions } from '../../definitions/recipe-archives.ts'
import { toValue } from '../../json/value.ts'
import { askRepositories } from '../../recipes/ask-repositories.ts'
import { checkRecipe } from '../../recipes/check-recipe.ts'
import { templateValues } from '../../recipes/template-values.ts'
import { withSources } from '../../recipes/with-sources.ts'

/** `recipes check`: whether a recipe can be built. */
export async function run(context: CommandContext, options: CheckOptions, { source: word }: { source: string }): Promise<number> {
  const given = templateValues(options)
  return withSources(context, [word], options, async ([opened]) => {
    const { source, recipe } = opened!
    const values = new Map([...(recipe?.template_dictionary ?? []).map(({ key, value }) => [key, value] as const), ...given])
    const { problems, warnings, repositories } = await checkRecipe(source, {
      type: options.recipe_type ?? recipe?.recipe_type ?? 'kiwi-ng',
      arch: options.arch ?? recipe?.arch ?? 'x86_64',
      values,
      acceptSecrets: options.yes ?? false,
    })
    const silent = options.repos ? await askRepositories(context, repositories) : []
    const all = [...problems, ...silent]
    const printed = await context.print(
      toValue({ recipe: recipe?.id ?? word, good: all.length === 0, problems: all, warnings, repositories }),
    )
    return all.length === 0 ? printed : 1
  })
}
