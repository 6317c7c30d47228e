import { CliError, type NextStep } from '../../errors.ts'
import type { Image } from '../../ims/records.ts'
import { images, jobs } from '../../definitions/records.ts'
import { findSource } from '../source.ts'
import { plannedWrites } from '../planned-writes.ts'
import { mistakes, type Entry, type Diagnostic } from '../images-file/entries.ts'
import type { OrderedEntry } from '../images-file/ordered.ts'
import { earlierStep, nextStep, type Planning, type Step } from './next-step.ts'

/** What is to be done for all images of a file, as far as that can be known beforehand. */
export interface Plans {
  /** The writes that would be sent, a line each, below the image that they are for. */
  writes(): string[]
}

/**
 * Checks all images of a file against what the service has, before the first is begun.
 *
 * @throws CliError with all mistakes and their lines.
 */
export function checkPlans({
  path,
  ordered,
  ...planning
}: Omit<Planning, 'one' | 'base'> & { path: string; ordered: readonly OrderedEntry[] }): Plans {
  const list: (Diagnostic & { next: NextStep | undefined })[] = []
  const steps = new Map<string, { one: OrderedEntry; step: Step }>()
  const attempt = <R>({ lineOf }: Entry, key: string, work: () => R): R | undefined => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      list.push({ line: lineOf(key), why: error.message, more: error.more, next: error.next })
      return undefined
    }
  }
  for (const one of ordered) {
    const { entry, order } = one
    const before = entry.needs === undefined ? undefined : steps.get(entry.needs)
    // Without its base nothing can be said of it.
    if (entry.needs !== undefined && !before) continue
    const own = { ...planning, one, base: before && imageOf(before) }
    const earlier = earlierStep(own)
    // A source is no longer needed by what is made from it.
    if (!earlier && !before && !attempt(entry, 'source', () => findSource(planning.inventory, order))) continue
    const step = earlier ?? attempt(entry, 'name', () => nextStep(own))
    if (step) steps.set(order.name, { one, step })
  }
  if (list.length > 0) throw mistakes(path, list, list.length === 1 ? list[0]!.next : undefined)
  return {
    writes() {
      const uploaded = new Set<string>()
      return [...steps].flatMap(([name, { one, step }]) => {
        const writes = writesFor(one, step, uploaded)
        if ('plan' in step) uploaded.add(one.key.text)
        return writes.length > 0 ? [`# ${name}`, ...writes] : []
      })
    },
  }
}

function writesFor({ order, key }: OrderedEntry, step: Step, uploaded: ReadonlySet<string>): string[] {
  const { debug = false, keep_job: keepJob = false } = order
  if ('plan' in step) return step.plan.existing ? [] : plannedWrites(step.plan, { debug, keepJob, uploaded: uploaded.has(key.text) })
  const { job, replaces } = 'begun' in step ? { ...step, job: step.begun } : step
  return [...(replaces ? [`DELETE ${images.path}/${replaces.id}`] : []), ...(job && !keepJob ? [`DELETE ${jobs.path}/${job.id}`] : [])]
}

/** The image that others of the file are made from: where it is yet to be made, something that stands for it. */
function imageOf({ one: { order }, step }: { one: OrderedEntry; step: Step }): Image {
  if ('kept' in step) return step.kept
  if ('plan' in step && step.plan.existing) return step.plan.existing
  const { arch } = 'plan' in step ? step.plan.source : step.begun
  return {
    id: `IMAGE_ID_OF_${order.name}`,
    name: order.name,
    created: new Date(0).toISOString(),
    link: { path: '', type: 's3' },
    arch,
    metadata: {},
  }
}
