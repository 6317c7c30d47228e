import type { Run } from '../../context.ts'
import type { editDictionaryOptions } from '../../definitions/edit-dictionary.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { recipes } from '../../definitions/records.ts'
import { listRecords } from '../../ims/fetch-records.ts'
import { sourceOf } from '../../ims/read-record.ts'
import { pickRecord } from '../../ims/reference.ts'
import { updateRequest } from '../../ims/requests.ts'
import { toValue } from '../../json/value.ts'
import { changedDictionary, readChanges } from '../../recipes/edit-dictionary.ts'

type Options = InferOptions<typeof editDictionaryOptions>

/**
 * `recipes edit-dictionary`: sets and removes single variables of a recipe. The service replaces the whole dictionary: what
 * another command changes in the same moment is lost.
 */
export const run: Run<Options, { recipe: string; change: string[] }> = async (context, { latest }, { recipe: word, change }) => {
  const changes = readChanges(change)
  const api = await context.api()
  const { records, odd } = await listRecords(api, 'recipe')
  const recipe = pickRecord(records, word, { kind: recipes.one, latest, list: ['recipes', 'list'], odd })
  const before = recipe.template_dictionary ?? []
  const dictionary = changedDictionary(before, changes)
  if (dictionary === before) return context.print(sourceOf(recipe))
  return context.print(await api.send(updateRequest(recipes, recipe.id, toValue({ template_dictionary: dictionary }))))
}
