import { undeleteRecipes } from './deleted.ts'
import { editDictionary } from './edit-dictionary.ts'
import { recipeArchives } from './recipe-archives.ts'
import { pruneRecipes, removeRecipes } from './prune.ts'
import { createRecipe } from './recipe-fields.ts'
import { arch, dkms, link, recipes, templates } from './records.ts'
import type { GroupDefinition } from './definition.ts'
import { describe, list, removeAll, update } from './verbs.ts'

export const recipesGroup: GroupDefinition = {
  name: 'recipes',
  summary: 'What images are built from',
  commands: [
    list(recipes),
    createRecipe,
    removeAll(recipes),
    describe(recipes),
    update(recipes, [arch, ...link, dkms, ...templates], 'Change one recipe', '--arch aarch64'),
    removeRecipes,
    undeleteRecipes,
    pruneRecipes,
    editDictionary,
    ...recipeArchives,
  ],
}
