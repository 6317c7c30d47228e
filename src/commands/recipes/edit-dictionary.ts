import type { Run } from '../../context.ts'
import type { editDictionaryOptions } from '../../definitions/edit-dictionary.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { recipes } from '../../definitions/records.ts'
import { encodeSegment } from '../../ims/api.ts'
import { readRecord } from '../../ims/read-record.ts'
import { toValue } from '../../json/value.ts'
import { changedDictionary, readChanges } from '../../recipes/edit-dictionary.ts'
import { findRecords } from '../find-record.ts'

type Options = InferOptions<typeof editDictionaryOptions>

/**
 * `recipes edit-dictionary`: sets and removes single variables of a recipe. The service replaces the whole dictionary: what
 * another command changes in the same moment is lost.
 */
export const run: Run<Options, { recipe: string; change: string[] }> = async (context, options, args) => {
  const changes = readChanges(args.change)
  const api = await context.api()
  const [found] = await findRecords(api, recipes, [args.recipe], options)
  const { id } = found!
  const path = `${recipes.path}/${encodeSegment(id)}`
  const { data, value } = readRecord('recipe', await api.send({ method: 'GET', path }), `recipe ${id}`)
  const before = data.template_dictionary ?? []
  const dictionary = changedDictionary(before, changes)
  if (dictionary === before) return context.print(value)
  return context.print(await api.send({ method: 'PATCH', path, body: toValue({ template_dictionary: dictionary }) }))
}
