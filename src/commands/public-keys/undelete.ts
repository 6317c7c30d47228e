import type { Run } from '../../context.ts'
import type { undeleteOptions } from '../../definitions/deleted.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { deletedPublicKeys } from '../../definitions/records.ts'
import { undelete } from '../undelete.ts'

/** `public-keys undelete`: brings deleted public keys back, by id or name. */
export const run: Run<InferOptions<typeof undeleteOptions>, { deleted_public_key_id: string[] }> = (
  context,
  options,
  { deleted_public_key_id: words },
) => undelete(context, deletedPublicKeys, words, options)
