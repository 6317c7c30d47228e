import { CliError } from '../errors.ts'
import type { OddRecord } from '../ims/read-record.ts'
import type { Arch, Recipe, RecipeChange, TemplateEntry } from '../ims/records.ts'
import { candidateLines, newestOf } from '../ims/reference.ts'

/** The recipe that is to be in the service. */
export interface WantedRecipe extends Pick<Recipe, 'name' | 'recipe_type' | 'linux_distribution'> {
  readonly arch: Arch
  /** What the service decides unless given. */
  readonly require_dkms?: boolean
  readonly template_dictionary: readonly TemplateEntry[]
  /** Of its archive, in hexadecimal. */
  readonly md5: string
}

/** A recipe of the service, with the md5 sum of its archive: none where it has no archive, or that has none. */
export interface FoundRecipe {
  readonly recipe: Recipe
  readonly md5: string | undefined
}

export type IfExists = 'fail' | 'skip' | 'replace'

/** What an upload comes to. */
export interface UploadPlan {
  /** It is there: nothing is uploaded. */
  readonly existing?: Recipe
  /** A record without an archive, which an upload that was cut off has left: it is finished. */
  readonly unfinished?: Recipe
  /** What is deleted in the end. */
  readonly replaces: readonly Recipe[]
}

/**
 * Decides what an upload comes to, from the recipes of its name.
 *
 * @throws CliError where the name is taken by another recipe, and nothing says what to do then.
 */
export function planUpload(
  found: readonly FoundRecipe[],
  wanted: WantedRecipe,
  ifExists: IfExists,
  odd: readonly OddRecord[] = [],
): UploadPlan {
  const unusable = odd.find(({ name }) => name === wanted.name)
  if (unusable) throw unusable.failure
  const differences = new Map(found.map((one) => [one.recipe, differencesFrom(one, wanted)]))
  const of = (belongs: (recipe: Recipe) => boolean) => found.map(({ recipe }) => recipe).filter(belongs)
  const same = newestOf(of((recipe) => recipe.link !== null && differences.get(recipe)!.length === 0))
  const unfinished = same ? undefined : newestOf(of((recipe) => recipe.link === null && canBecome(recipe, wanted)))
  const others = of((recipe) => recipe !== same && !(recipe.link === null && canBecome(recipe, wanted)))
  const replaces = ifExists === 'replace' ? others : []
  if (same) return { existing: same, replaces }
  if (others.length === 0 || ifExists === 'replace') return { unfinished, replaces }
  const newest = newestOf(others)!
  if (ifExists === 'skip') return { existing: newest, replaces }
  throw new CliError(`the recipe name ${wanted.name} is taken`, {
    more: [...candidateLines(others), `${newest.id} differs in ${differences.get(newest)!.join(', ')}.`],
    next: '--if-exists replace, which deletes the old one once the new one is complete, or --if-exists skip',
  })
}

/** Fields in which a recipe isn't the one that is wanted; `archive` is its content. */
function differencesFrom({ recipe, md5 }: FoundRecipe, wanted: WantedRecipe): string[] {
  return [
    ...(recipe.link === null || md5 !== wanted.md5 ? ['archive'] : []),
    ...(['recipe_type', 'linux_distribution'] as const).filter((field) => recipe[field] !== wanted[field]),
    ...Object.keys(settingsChanged(recipe, wanted)),
  ]
}

/** Whether a change can make a recipe the one that is wanted. */
const canBecome = (recipe: Recipe, wanted: WantedRecipe) =>
  recipe.recipe_type === wanted.recipe_type && recipe.linux_distribution === wanted.linux_distribution

/** The change that makes a recipe's settings those that are wanted. */
export function settingsChanged(recipe: Recipe, wanted: WantedRecipe): Omit<RecipeChange, 'link'> {
  const { arch, require_dkms, template_dictionary } = wanted
  return {
    ...((recipe.arch ?? 'x86_64') !== arch && { arch }),
    ...(require_dkms !== undefined && recipe.require_dkms !== require_dkms && { require_dkms }),
    ...(!isSameDictionary(recipe.template_dictionary ?? [], template_dictionary) && { template_dictionary: [...template_dictionary] }),
  }
}

function isSameDictionary(one: readonly TemplateEntry[], other: readonly TemplateEntry[]): boolean {
  const sorted = (entries: readonly TemplateEntry[]) => JSON.stringify(entries.map(({ key, value }) => [key, value]).toSorted())
  return sorted(one) === sorted(other)
}
