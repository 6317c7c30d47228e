import { printEach } from '../builds/print-made.ts'
import type { CommandContext, Run } from '../context.ts'
import { argumentKey } from '../definitions/definition.ts'
import type { InferOptions } from '../definitions/infer-options.ts'
import type { removeImagesOptions, removeOptions } from '../definitions/prune.ts'
import { run as send } from './request.ts'

/** What all kinds are given, and what images are. */
type Options = InferOptions<typeof removeOptions> & InferOptions<typeof removeImagesOptions>

/** The words that name records, by their argument; none with filters. */
export type Named = Readonly<Record<string, string | readonly string[]>>

/** `recipes delete` and `jobs delete`. */
export const run: Run<InferOptions<typeof removeOptions>, Named> = deleteRecords

/** Deletes records by ids, or what filters select, as `prune` does. */
export async function deleteRecords(context: CommandContext, options: Options, given: Named): Promise<number | void> {
  const words = given[argumentKey(context.command.arguments![0]!)]
  if (words === undefined) return (await import('./prune.ts')).prune(context, options)
  if (options.dry_run) return showNamed(context, [words].flat(), options)
  return send(context, options, given)
}

/** Shows what would be deleted of what words name. */
async function showNamed(context: CommandContext, given: readonly string[], { latest }: Options): Promise<number> {
  const [{ allWords }, { findRecords }, { tellPlan }] = await Promise.all([
    import('./several.ts'),
    import('./find-record.ts'),
    import('./prune/tell.ts'),
  ])
  const of = context.command.prints!
  const words = await allWords(context, given, of.id)
  const records = await findRecords(await context.api(), of, words, { latest })
  if (!context.global.quiet) tellPlan(context, of, { deleted: records, kept: [] })
  return printEach(context, records)
}
