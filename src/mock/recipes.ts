import { found, plain } from './answer.ts'
import { deletedLink, demandArtifact, keptLink, sameLink } from './artifacts.ts'
import { deletingForGood, given, reading, removing, softDelete, type Handlers } from './handlers.ts'
import { conflict, crashed, notFound, Refused } from './problem.ts'
import { timeText, type Link, type Recipe, type TemplateEntry } from './records.ts'
import { requestFields } from './request-fields.ts'
import type { State } from './state.ts'
import { moveLinked } from './s3/record-objects.ts'
import { readBoolean } from './validation.ts'

const read = reading((state) => state.recipes)
const remove = removing(
  (state) => state.recipes,
  (site, recipe) =>
    softDelete(site, site.state.recipes, site.state.deletedRecipes, recipe, {
      // What the store hasn't got can't be moved: the service lets the link be.
      link:
        recipe.link &&
        (site.state.missingArtifacts.has(recipe.link.path) ? recipe.link : moveLinked(site.objects, recipe.link, deletedLink(recipe.link))),
    }),
)

/** A new recipe from the fields of a request or a seed. */
export function newRecipe(asked: Record<string, unknown>, id: string, created: string): Recipe {
  return {
    id,
    created,
    name: asked.name as string,
    link: asked.link ? keptLink(asked.link as Link) : null,
    recipe_type: asked.recipe_type as string,
    linux_distribution: asked.linux_distribution as string,
    template_dictionary: templates(asked.template_dictionary),
    require_dkms: readBoolean(asked.require_dkms) ?? true,
    arch: (asked.arch as string | undefined) ?? 'x86_64',
  }
}

export const recipes: Handlers = {
  all: {
    GET: read.all,
    DELETE: remove.all,
    POST({ state, clock, newId }, call) {
      const recipe = newRecipe(given(call, requestFields.createRecipe), newId(), timeText(clock.now()))
      if (recipe.link) demandNewLink(state, recipe.link)
      state.recipes.set(recipe.id, recipe)
      return plain(201, state.recipes.served(recipe))
    },
  },
  one: {
    GET: read.one,
    DELETE: remove.one,
    PATCH({ state }, call, id) {
      const recipe = state.recipes.get(id)
      if (!recipe) return notFound()
      // In the order that the fields came, and what came before a conflict stays: as the service does it.
      for (const [field, value] of Object.entries(given(call, requestFields.updateRecipe))) {
        if (field === 'link') {
          if (recipe.link && !sameLink(recipe.link, value as Link)) return conflict()
          if (!recipe.link) demandNewLink(state, value as Link)
          recipe.link = value as Link
        } else if (field === 'arch') recipe.arch = value as string
        else if (field === 'require_dkms') recipe.require_dkms = readBoolean(value)!
        else if (field === 'template_dictionary') {
          // Allowed by the service's schema, and more than its code expects.
          if (value === null) throw new Refused(crashed())
          recipe.template_dictionary = templates(value)
        }
        state.recipes.set(id, recipe)
      }
      return found(state.recipes.text(recipe))
    },
  },
}

/** The same, as version 2 of the API has it. */
export const recipesForGood: Handlers = deletingForGood(
  recipes,
  (state) => state.recipes,
  (recipe) => recipe.id,
)

function templates(value: unknown): TemplateEntry[] | null {
  if (value === null) return null
  return ((value ?? []) as TemplateEntry[]).map(({ key, value: text }) => ({ key, value: text }))
}

// The service means to refuse a link that another recipe has with 422, and crashes over it.
function demandNewLink(state: State, link: Link): void {
  for (const other of state.recipes.values()) if (other.link?.path === link.path) throw new Refused(crashed())
  demandArtifact(state, link)
}
