import { printsRecords } from '../builds/print-made.ts'
import { isAttended } from '../builds/with-writes.ts'
import type { CommandContext, Run } from '../context.ts'
import { optionKey } from '../definitions/definition.ts'
import type { InferOptions } from '../definitions/infer-options.ts'
import type { pruneOptions } from '../definitions/prune.ts'
import { deletedImages, deletedRecipes, jobs } from '../definitions/records.ts'
import type { Resource } from '../definitions/resource.ts'
import { aborted, amended, usageError } from '../errors.ts'
import { encodeSegment, type Api } from '../ims/api.ts'
import { createdAt } from '../ims/created.ts'
import { listRecords } from '../ims/fetch-records.ts'
import { sourceOf, type Kinds } from '../ims/read-record.ts'
import type { Job } from '../ims/records.ts'
import { isGone } from '../ims/server-error.ts'
import type { Value } from '../json/value.ts'
import { shortId } from '../jobs/lookup.ts'
import { formatAge } from '../time/time-span.ts'
import { runEach } from './several.ts'
import { createSelection } from './selection.ts'
import { readKeepList } from './prune/keep-list.ts'
import { planPrune, type Candidate, type PrunePlan } from './prune/plan.ts'

type Options = InferOptions<typeof pruneOptions>

type Kind = Extract<keyof Kinds, 'image' | 'recipe' | 'job'>

interface Pruned extends Candidate {
  readonly created: string | null | undefined
  /** As the service sent it. */
  readonly value: Value
}

/** `images prune`, `recipes prune` and `jobs prune`: deletes what the filters select, unless it is in use. */
export const run: Run<Options, object> = async (context, options) => {
  const of = context.command.prints!
  refuseWithoutFilter(context, options)
  const keep = options.keep === undefined ? undefined : readKeepList(options.keep, context.io)
  const api = await context.api()
  const look = () => planNow(context, api, of, options, keep)
  const first = await look()
  // Whoever is asked has to see what for.
  if (!context.global.quiet || !(options.yes || options.dry_run)) tell(context, of, first)
  if (options.dry_run) return print(context, first.deleted)
  if (first.deleted.length === 0) return print(context, [])
  const plan = options.yes ? first : await confirmed(context, of, first, look)
  const done: Pruned[] = []
  const names = new Map(plan.deleted.map(({ id, name }) => [id, `${id}  ${name}`]))
  const code = await runEach(context, names, async (id, name) => {
    await deleteRecord(api, of, id)
    done.push(plan.deleted.find((record) => record.id === id)!)
    if (!printsRecords(context)) await context.io.stdout.write(`${id}\n`)
    if (!context.global.quiet) context.warn(`deleted ${of.one} ${name}`)
  }).finally(() => tellHowToBringBack(context, of, done))
  return (printsRecords(context) ? await print(context, done) : 0) || code
}

/** @throws CliError where no filter is given: without one, everything would be selected. */
function refuseWithoutFilter({ command }: CommandContext, options: Readonly<Record<string, unknown>>): void {
  const filters = command.options!.filter((row) => row.filters)
  if (filters.some((row) => options[optionKey(row)] !== undefined)) return
  throw usageError(`Missing option: at least one of ${filters.map(({ flag }) => flag).join(', ')}.`)
}

async function planNow(
  context: CommandContext,
  api: Api,
  of: Resource,
  options: Options,
  keep: string | undefined,
): Promise<PrunePlan<Pruned>> {
  const { keeps } = createSelection(context.command, options, context.io.now())
  const { records } = await listRecords(api, of.one as Kind)
  // Read last: what is begun in between is seen.
  const { records: all, odd } = of === jobs ? { records: records as Job[], odd: [] } : await listRecords(api, 'job')
  if (odd[0]) throw amended(odd[0].failure, { more: [...odd[0].failure.more, 'Nothing was deleted: what that job uses is not known.'] })
  const selected = records
    .filter((record) => keeps(sourceOf(record)))
    .map((record) => ({
      id: record.id,
      name: 'image_root_archive_name' in record ? record.image_root_archive_name : record.name,
      created: record.created,
      value: sourceOf(record),
    }))
  return planPrune(selected, all, keep)
}

function tell(context: CommandContext, of: Resource, { deleted, kept }: PrunePlan<Pruned>): void {
  const age = ({ created }: Pruned) => (created ? formatAge(context.io.now() - createdAt({ created })) : 'unknown')
  context.warn(deleted.length === 0 ? `No ${of.one} to delete.` : `To delete: ${counted(of, deleted)}`)
  for (const record of deleted) context.warn(`  ${shortId(record.id)}  ${age(record).padStart(4)}  ${record.name}`)
  tellKept(context, of, kept)
}

function tellKept(context: CommandContext, of: Resource, kept: PrunePlan<Pruned>['kept']): void {
  if (kept.length > 0) context.warn(`Kept: ${counted(of, kept)}`)
  for (const { record, why } of kept) context.warn(`  ${shortId(record.id)}  ${record.name}: ${why}`)
}

const counted = ({ one, many }: Resource, list: readonly unknown[]) => `${list.length} ${list.length === 1 ? one : many}`

/**
 * Asks for the number of what is deleted, then looks again: the answer may have taken its time.
 *
 * @returns what is still to be deleted of what was shown.
 * @throws CliError where the answer is another one, and where nobody can be asked.
 */
async function confirmed(
  context: CommandContext,
  of: Resource,
  { deleted: shown }: PrunePlan<Pruned>,
  look: () => Promise<PrunePlan<Pruned>>,
): Promise<PrunePlan<Pruned>> {
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

async function deleteRecord(api: Api, { path }: Resource, id: string): Promise<void> {
  try {
    await api.send({ method: 'DELETE', path: `${path}/${encodeSegment(id)}` })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

function tellHowToBringBack(context: CommandContext, of: Resource, done: readonly Pruned[]): void {
  const revivable = [deletedImages, deletedRecipes].some(({ deletedOf }) => deletedOf === of)
  if (!revivable || done.length === 0 || context.global.quiet) return
  context.warn(`To bring back: ${context.commandLine(of.words, 'undelete', ...done.map(({ id }) => id))}`)
}

async function print(context: CommandContext, records: readonly Pruned[]): Promise<number> {
  if (printsRecords(context)) return context.print(records.map(({ value }) => value))
  await context.io.stdout.write(records.map(({ id }) => `${id}\n`).join(''))
  return 0
}
