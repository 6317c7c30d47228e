import type { Run } from '../../context.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import type { pruneImagesOptions } from '../../definitions/prune.ts'
import { prune } from '../prune.ts'

/** `images prune`: also keeps what BOS and BSS name. */
export const run: Run<InferOptions<typeof pruneImagesOptions>, object> = prune
