import { printEach, printsRecords } from '../builds/print-made.ts'
import { deleteIfPresent } from '../builds/retry-while-unavailable.ts'
import { isAttended, withWrites } from '../builds/with-writes.ts'
import type { CommandContext, Run } from '../context.ts'
import type { InferOptions } from '../definitions/infer-options.ts'
import type { pruneImagesOptions, pruneOptions } from '../definitions/prune.ts'
import { jobs } from '../definitions/records.ts'
import type { Resource } from '../definitions/resource.ts'
import { aborted, amended, usageError } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { listRecords } from '../ims/fetch-records.ts'
import { sourceOf } from '../ims/read-record.ts'
import type { Job } from '../ims/records.ts'
import { listNamed, type NamedRecord } from './find-record.ts'
import { runEach } from './several.ts'
import { createSelection } from './selection.ts'
import type { InUse } from './prune/in-use.ts'
import { readKeepList } from './prune/keep-list.ts'
import { planPrune, type PrunePlan } from './prune/plan.ts'
import { isRevivable, tellKept, tellPlan } from './prune/tell.ts'

/** What all kinds are given, and what images are. */
type Options = InferOptions<typeof pruneOptions> & InferOptions<typeof pruneImagesOptions>

/** What selects and keeps records. */
interface Pruning {
  readonly of: Resource
  readonly options: Options
  /** The text that mentions what is kept. */
  readonly keep: string | undefined
  readonly askInUse: (() => Promise<InUse>) | undefined
}

/** How long a service that is away is waited for since it last answered, in milliseconds. */
const patience = 120_000

/** `recipes prune` and `jobs prune`. */
export const run: Run<InferOptions<typeof pruneOptions>, object> = prune

/** Deletes what the filters of a command select, unless it is in use: `prune`, and `delete` without ids. */
export async function prune(context: CommandContext, options: Options): Promise<number> {
  const of = context.command.prints!
  const pruning = {
    of,
    options,
    keep: options.keep === undefined ? undefined : readKeepList(options.keep, context.io),
    askInUse: options.in_use && (await import('./prune/in-use.ts')).createInUse(context, options.in_use),
  }
  const api = await context.api()
  const look = () => planNow(context, api, pruning)
  const first = await look()
  // Whoever is asked has to see what for.
  if (!context.global.quiet || !(options.yes || options.dry_run)) tellPlan(context, of, first)
  if (options.dry_run) return printEach(context, first.deleted)
  if (first.deleted.length === 0) return printEach(context, [])
  const plan = options.yes ? first : await confirmed(context, of, first, look)
  return deletePlanned(context, of, plan.deleted)
}

async function deletePlanned(context: CommandContext, of: Resource, planned: readonly NamedRecord[]): Promise<number> {
  const { io, global } = context
  const names = new Map(planned.map(({ id, name }) => [id, `${id}  ${name}`]))
  const done: NamedRecord[] = []
  const code = await withWrites(context, async (write) => {
    let answered = io.monotonic()
    return runEach(context, names, async (id, name) => {
      await deleteIfPresent(write, of, id, undefined, { timeout: patience, began: answered })
      answered = io.monotonic()
      done.push(planned.find((record) => record.id === id)!)
      write.progress.stop()
      if (!printsRecords(context)) await io.stdout.write(`${id}\n`)
      if (!global.quiet) context.warn(`deleted ${of.one} ${name}`)
    })
  }).finally(() => tellHowToBringBack(context, of, done))
  return (printsRecords(context) ? await printEach(context, done) : 0) || code
}

async function planNow(context: CommandContext, api: Api, { of, options, keep, askInUse }: Pruning): Promise<PrunePlan<NamedRecord>> {
  const { keeps } = createSelection(context.command, options, context.io.now())
  const { records } = await listNamed(api, of)
  const selected = records.filter((record) => keeps(sourceOf(record)))
  const inUse = selected.length > 0 ? await askInUse?.() : undefined
  // Read last: what is begun in between is seen.
  const { records: all, odd } = of === jobs ? { records: records as Job[], odd: [] } : await listRecords(api, 'job')
  if (odd[0]) throw amended(odd[0].failure, { more: [...odd[0].failure.more, 'Nothing was deleted: what that job uses is not known.'] })
  return planPrune(selected, { jobs: all, keep, inUse })
}

/**
 * Asks for the number of what is deleted, then looks again: the answer may have taken its time.
 *
 * @returns what is still to be deleted of what was shown.
 * @throws CliError where the answer is another one, and where nobody can be asked.
 */
async function confirmed(
  context: CommandContext,
  of: Resource,
  { deleted: shown }: PrunePlan<NamedRecord>,
  look: () => Promise<PrunePlan<NamedRecord>>,
): Promise<PrunePlan<NamedRecord>> {
  if (!isAttended(context)) throw usageError('Nothing was deleted: without a terminal, --yes is needed.')
  const what =
    shown.length === 1 ? `this ${of.one}? Type 1 to delete it: ` : `these ${shown.length} ${of.many}? Type ${shown.length} to delete them: `
  if ((await context.questions.ask(`Delete ${what}`)).trim() !== String(shown.length)) throw aborted()
  const now = await look()
  const asked = new Set(shown.map(({ id }) => id))
  const used = now.kept.filter(({ record }) => asked.has(record.id))
  tellKept(context, of, used)
  return { deleted: now.deleted.filter(({ id }) => asked.has(id)), kept: used }
}

function tellHowToBringBack(context: CommandContext, of: Resource, done: readonly NamedRecord[]): void {
  if (!isRevivable(of) || done.length === 0 || context.global.quiet) return
  context.warn(`To bring back: ${context.commandLine(of.words, 'undelete', ...done.map(({ id }) => id))}`)
}
