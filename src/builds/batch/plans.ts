import { CliError, type NextStep } from '../../errors.ts'
import type { Image } from '../../ims/records.ts'
import { images, jobs } from '../../definitions/records.ts'
import { findSource } from '../source.ts'
import { plannedWrites } from '../planned-writes.ts'
import { mistakes, type Entry, type Diagnostic } from '../images-file/entries.ts'
import type { PlannedImport } from '../importer.ts'
import { isImport, type OrderedBuild, type OrderedEntry, type OrderedImport } from '../images-file/ordered.ts'
import { earlierStep, nextStep, type Planning, type Step } from './next-step.ts'

/** What is to be done for all images of a file, as far as that can be known beforehand. */
export interface Plans {
  /** The writes that would be sent, a line each, below the image that they are for. */
  writes(): string[]
}

/** What an import comes to, or why it can't be. */
export type ImportOutlook = PlannedImport | CliError

/** What is to be done for an image. */
type Outlook = { readonly one: OrderedBuild; readonly step: Step } | { readonly one: OrderedImport; readonly planned: PlannedImport }

/**
 * Checks all images of a file against what the service has, before the first is begun.
 *
 * @param imports by the names of the images that are imported.
 * @throws CliError with all mistakes and their lines.
 */
export function checkPlans({
  path,
  ordered,
  imports = new Map(),
  ...planning
}: Omit<Planning, 'one' | 'base'> & {
  path: string
  ordered: readonly OrderedEntry[]
  imports?: ReadonlyMap<string, ImportOutlook>
}): Plans {
  const list: (Diagnostic & { next: NextStep | undefined })[] = []
  const steps = new Map<string, Outlook>()
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
    if (isImport(one)) {
      const planned = attempt(one.entry, 'name', () => plannedOf(imports.get(one.order.name)!))
      if (planned) steps.set(one.order.name, { one, planned })
      continue
    }
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
      return [...steps].flatMap(([name, outlook]) => {
        const writes = 'planned' in outlook ? outlook.planned.writes : writesFor(outlook.one, outlook.step, uploaded)
        if ('step' in outlook && 'plan' in outlook.step) uploaded.add(outlook.one.key.text)
        return writes.length > 0 ? [`# ${name}`, ...writes] : []
      })
    },
  }
}

function plannedOf(outlook: ImportOutlook): PlannedImport {
  if (outlook instanceof CliError) throw outlook
  return outlook
}

function writesFor({ order, key }: OrderedBuild, step: Step, uploaded: ReadonlySet<string>): string[] {
  const { debug = false, keep_job: keepJob = false } = order
  if ('plan' in step) return step.plan.existing ? [] : plannedWrites(step.plan, { debug, keepJob, uploaded: uploaded.has(key.text) })
  const { job, replaces } = 'begun' in step ? { ...step, job: step.begun } : step
  return [...(replaces ? [`DELETE ${images.path}/${replaces.id}`] : []), ...(job && !keepJob ? [`DELETE ${jobs.path}/${job.id}`] : [])]
}

/** The image that others of the file are made from: where it is yet to be made, something that stands for it. */
function imageOf(outlook: Outlook): Image {
  if ('planned' in outlook) return outlook.planned.existing ?? standIn(outlook.one.order.name, outlook.one.files.arch)
  const { one, step } = outlook
  if ('kept' in step) return step.kept
  if ('plan' in step && step.plan.existing) return step.plan.existing
  const { arch } = 'plan' in step ? step.plan.source : step.begun
  return standIn(one.order.name, arch)
}

function standIn(name: string, arch: Image['arch']): Image {
  return {
    id: `IMAGE_ID_OF_${name}`,
    name,
    created: new Date(0).toISOString(),
    link: { path: '', type: 's3' },
    arch,
    metadata: {},
  }
}
