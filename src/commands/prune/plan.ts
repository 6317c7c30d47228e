import type { Job } from '../../ims/records.ts'
import { usesOf } from '../../jobs/uses.ts'

/** A record that may be deleted. */
export interface Candidate {
  readonly id: string
  readonly name: string
}

/** What is deleted of the records that the filters select, and what isn't, with the reason. */
export interface PrunePlan<C extends Candidate> {
  readonly deleted: readonly C[]
  readonly kept: readonly { readonly record: C; readonly why: string }[]
}

/**
 * Decides what is deleted.
 *
 * @param selected by the filters.
 * @param jobs all of them.
 * @param keep the text that mentions what is kept.
 */
export function planPrune<C extends Candidate>(selected: readonly C[], jobs: readonly Job[], keep: string | undefined): PrunePlan<C> {
  const reasons = usesOf(jobs)
  const text = keep?.toLowerCase()
  const lines = new Set(keep?.split('\n').map((line) => line.trim()))
  const whyKept = ({ id, name }: C) =>
    reasons.get(id)?.why ?? (text?.includes(id.toLowerCase()) || lines.has(name) ? '--keep mentions it' : undefined)
  const judged = selected.map((record) => ({ record, why: whyKept(record) }))
  return {
    deleted: judged.filter(({ why }) => why === undefined).map(({ record }) => record),
    kept: judged.flatMap(({ record, why }) => (why === undefined ? [] : [{ record, why }])),
  }
}
