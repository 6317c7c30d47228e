import type { Run } from '../../context.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import type { removeImagesOptions } from '../../definitions/prune.ts'
import { deleteRecords, type Named } from '../delete.ts'

/** `images delete`: with filters also keeps what BOS and BSS name. */
export const run: Run<InferOptions<typeof removeImagesOptions>, Named> = deleteRecords
