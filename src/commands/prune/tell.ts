import type { CommandContext } from '../../context.ts'
import { deletedImages, deletedPublicKeys, deletedRecipes } from '../../definitions/records.ts'
import type { Resource } from '../../definitions/resource.ts'
import { createdAt } from '../../ims/created.ts'
import { distinctLength, type Referable } from '../../ims/reference.ts'
import { shortId } from '../../jobs/lookup.ts'
import { formatAge } from '../../time/time-span.ts'
import type { PrunePlan } from './plan.ts'

/** Says what would be deleted, and what is kept and why. */
export function tellPlan(context: CommandContext, of: Resource, { deleted, kept }: PrunePlan<Referable>): void {
  if (deleted.length === 0) context.warn(`No ${of.one} to delete.`)
  else tellDeleted(context, of, deleted)
  tellKept(context, of, kept)
}

/** Says what would be deleted. */
export function tellDeleted(context: CommandContext, of: Resource, records: readonly Referable[]): void {
  const age = ({ created }: Referable) => {
    if (created === undefined) return ''
    const age = created === null ? NaN : context.io.now() - createdAt({ created })
    return Number.isNaN(age) ? 'unknown' : formatAge(age)
  }
  const length = distinctLength(records.map(({ id }) => id))
  const shown = ({ id }: Referable) => (of.key === 'id' ? shortId(id, length) : id)
  context.warn(`To delete: ${counted(of, records)}`)
  for (const record of records) context.warn(`  ${shown(record)}  ${age(record).padStart(4)}  ${record.name}`.trimEnd())
}

/** Says what is kept and why. */
export function tellKept(context: CommandContext, of: Resource, kept: PrunePlan<Referable>['kept']): void {
  if (kept.length > 0) context.warn(`Kept: ${counted(of, kept)}`)
  const length = distinctLength(kept.map(({ record }) => record.id))
  for (const { record, why } of kept) context.warn(`  ${shortId(record.id, length)}  ${record.name}: ${why}`)
}

const counted = ({ one, many }: Resource, list: readonly unknown[]) => `${list.length} ${list.length === 1 ? one : many}`

/** Whether what is deleted of a kind can be brought back. */
export const isRevivable = (of: Resource): boolean =>
  [deletedImages, deletedRecipes, deletedPublicKeys].some(({ deletedOf }) => deletedOf === of)
