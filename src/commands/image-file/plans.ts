import { Failure } from '../../errors.ts'
import type { Image, Job } from '../../ims/records.ts'
import { stageOf } from '../../ims/job-outlook.ts'
import type { Catalogue } from '../image-build/catalogue.ts'
import type { ImageOrder } from '../image-build/order.ts'
import { makePlan, type Plan } from '../image-build/plan.ts'
import { findSource } from '../image-build/source.ts'
import { writesOf } from '../image-build/writes.ts'
import { mistakes, type Entry, type Mistake } from './entries.ts'
import type { OrderedEntry } from './ordered.ts'
import { orderHash, type FileState } from './state.ts'

/** What is to be done for an image of a file. */
export type Step =
  /** It was made by an earlier run. */
  | { readonly kept: Image }
  /** An earlier run began it. */
  | { readonly begun: Job }
  | { readonly plan: Plan }

/** An image of a file, and what its making depends on. */
export interface Planning {
  readonly program: string
  readonly catalogue: Catalogue
  readonly state: FileState
  readonly one: OrderedEntry
  /** The image that it is made from, where that is of the same file. */
  readonly base: Image | undefined
}

/**
 * Decides what is to be done for an image of a file: what an earlier run has made or begun from the same order stays.
 *
 * @throws Failure as {@link makePlan}.
 */
export function stepOf({ program, catalogue, state, one, base }: Planning): Step {
  const { order, key } = one
  const known = state.of(order.name)
  if (known?.order === hashOf(one, base)) {
    const image = catalogue.images.find(({ id, link }) => id === known.image && link)
    if (image) return { kept: image }
    const job = catalogue.jobs.find(({ id }) => id === known.job)
    if (job && known.image === undefined && stageOf(job) !== 'error') return { begun: job }
  }
  const from: ImageOrder = base ? { ...order, source: base.id } : order
  const images = base && !catalogue.images.some(({ id }) => id === base.id) ? [...catalogue.images, base] : catalogue.images
  return { plan: makePlan({ program, catalogue: { ...catalogue, images }, order: from, key }) }
}

/** What of an order makes no other image of it: how its making is looked after. */
const besides = new Set<string>(['public_key', 'if_exists', 'new', 'on_failure', 'keep_job', 'debug', 'script'] satisfies (keyof ImageOrder)[])

/** What tells an order from another one of the same name. */
export function hashOf({ order, script }: OrderedEntry, base: Image | undefined): string {
  const telling = Object.fromEntries(Object.entries(order).filter(([key]) => !besides.has(key)))
  return orderHash(telling, [script && 'content' in script ? script.content : undefined, base?.id])
}

/** What is to be done for all images of a file, as far as that can be known beforehand. */
export interface Plans {
  /** The writes that would be sent, a line each, below the image that they are for. */
  writes(how: { debug?: boolean; keep_job?: boolean }): string[]
}

/**
 * Checks all images of a file against what the service has, before the first is begun.
 *
 * @throws Failure with all mistakes and their lines.
 */
export function checkPlans({ path, ordered, ...planning }: Omit<Planning, 'one' | 'base'> & { path: string; ordered: readonly OrderedEntry[] }): Plans {
  const list: Mistake[] = []
  const steps = new Map<string, Step>()
  const attempt = <R>({ lineOf }: Entry, key: string, work: () => R): R | undefined => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      list.push({ line: lineOf(key), why: [error.message, ...error.more].join('\n    ') })
      return undefined
    }
  }
  for (const one of ordered) {
    const { entry, order } = one
    const before = entry.needs === undefined ? undefined : steps.get(entry.needs)
    // Without its base nothing can be said of it.
    if (entry.needs !== undefined && !before) continue
    const base = before && ('kept' in before ? before.kept : yetToCome(entry.needs!))
    if (!base && !attempt(entry, 'source', () => findSource(planning.program, planning.catalogue, order))) continue
    const step = attempt(entry, 'name', () => stepOf({ ...planning, one, base }))
    if (step) steps.set(order.name, step)
  }
  if (list.length > 0) throw mistakes(path, list)
  return {
    writes(how) {
      const uploaded = new Set<string>()
      return [...steps].flatMap(([name, step]) => {
        if (!('plan' in step) || step.plan.existing) return []
        const { plan } = step
        const writes = writesOf(plan, { debug: plan.order.debug ?? how.debug ?? false, keepJob: plan.order.keep_job ?? how.keep_job ?? false, uploaded: uploaded.has(plan.key.text) })
        uploaded.add(plan.key.text)
        return [`# ${name}`, ...writes]
      })
    },
  }
}

/** Stands for the image of an entry that isn't made yet. */
function yetToCome(name: string): Image {
  return { id: `IMAGE_ID_OF_${name}`, name, created: new Date(0).toISOString(), link: { path: '', type: 's3' }, arch: 'x86_64', metadata: {} }
}
