import type { CommandContext } from '../../context.ts'
import type { diffRecipesOptions } from '../../definitions/recipe-archives.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { toValue } from '../../json/value.ts'
import { diffFiles, diffRecords } from '../../recipes/diff-recipes.ts'
import { digestRecipe } from '../../recipes/read-recipe.ts'
import { withSources } from '../../recipes/with-sources.ts'

/** `recipes diff`: how two recipes differ. */
export async function run(
  context: CommandContext,
  options: InferOptions<typeof diffRecipesOptions>,
  { a, b }: { a: string; b: string },
): Promise<number> {
  return withSources(context, [a, b], options, async (opened) => {
    const [one, other] = opened.map(({ recipe }) => recipe)
    const fields = one && other ? diffRecords(one, other) : []
    const [before, after] = [await digestRecipe(opened[0]!.source), await digestRecipe(opened[1]!.source)]
    const differences = [...fields, ...diffFiles(before, after)]
    const printed = await context.print(toValue(differences))
    return differences.length === 0 ? printed : 1
  })
}
