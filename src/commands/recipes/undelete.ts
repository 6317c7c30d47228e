import type { Run } from '../../context.ts'
import type { undeleteOptions } from '../../definitions/deleted.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { deletedRecipes } from '../../definitions/records.ts'
import { undelete } from '../undelete.ts'

/** `recipes undelete`: brings deleted recipes back, by id or name. */
export const run: Run<InferOptions<typeof undeleteOptions>, { recipe_id: string[] }> = (context, options, { recipe_id: words }) =>
  undelete(context, deletedRecipes, words, options)
