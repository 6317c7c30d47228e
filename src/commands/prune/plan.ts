import type { Job } from '../../ims/records.ts'
import type { Referable } from '../../ims/reference.ts'
import { usesOf } from '../../jobs/uses.ts'

/** What is deleted of the records that the filters select, and what isn't, with the reason. */
export interface PrunePlan<C extends Referable> {
  readonly deleted: readonly C[]
  readonly kept: readonly { readonly record: C; readonly why: string }[]
}

/** What may keep records. */
export interface Keeping {
  /** All of them. */
  readonly jobs: readonly Job[]
  /** The text that mentions what is kept. */
  readonly keep?: string
  /** Why a record is in use elsewhere, by its id. */
  readonly inUse?: (id: string) => string | undefined
}

/**
 * Decides what is deleted.
 *
 * @param selected by the filters.
 */
export function planPrune<C extends Referable>(selected: readonly C[], { jobs, keep, inUse }: Keeping): PrunePlan<C> {
  const reasons = usesOf(jobs)
  const text = keep?.toLowerCase()
  const lines = new Set(keep?.split('\n').map((line) => line.trim()))
  const whyKept = ({ id, name }: C) =>
    reasons.get(id)?.why ?? inUse?.(id) ?? (text?.includes(id.toLowerCase()) || lines.has(name) ? '--keep mentions it' : undefined)
  const judged = selected.map((record) => ({ record, why: whyKept(record) }))
  return {
    deleted: judged.filter(({ why }) => why === undefined).map(({ record }) => record),
    kept: judged.flatMap(({ record, why }) => (why === undefined ? [] : [{ record, why }])),
  }
}
