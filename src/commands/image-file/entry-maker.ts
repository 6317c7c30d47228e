import { Failure } from '../../errors.ts'
import type { Api } from '../../ims/api.ts'
import type { Image, Job } from '../../ims/records.ts'
import { toValue } from '../../json/value.ts'
import type { Progress } from '../../terminal/progress.ts'
import type { App } from '../app.ts'
import type { BuildOptions } from '../build.ts'
import { bringHome } from '../image-build/bring-home.ts'
import { readCatalogue } from '../image-build/catalogue.ts'
import { otherOfThatName, tidyUp } from '../image-build/finish.ts'
import type { Making } from '../image-build/making.ts'
import { outlast } from '../image-build/outlast.ts'
import type { Plan } from '../image-build/plan.ts'
import { ensureKey, startJob } from '../image-build/start.ts'
import { jobRecord } from '../job-reference.ts'
import type { OrderedEntry } from './ordered.ts'
import { hashOf, stepOf, type Step } from './plans.ts'
import type { Result } from './result.ts'
import { createSharedLooks } from './shared-looks.ts'
import type { FileState } from './state.ts'
import type { Table } from './table.ts'

/** What all images of a file have in common. */
interface Workshop {
  readonly app: App
  readonly api: Api
  readonly progress: Progress
  readonly options: BuildOptions
  readonly state: FileState
  readonly table: Table
  /** The line that goes on with the file. */
  readonly again: string
}

export interface EntryMaker {
  /**
   * Makes one image. That it can't be made is a result, too.
   *
   * @param base the image that it is made from, where that is of the same file.
   */
  make(one: OrderedEntry, base: Image | undefined): Promise<Result>
  /** The jobs that have not ended. */
  underWay(): Job[]
}

/** Makes images of a file, side by side. */
export function createEntryMaker({ app, api, progress, options, state, table, again }: Workshop): EntryMaker {
  const { io, global, program } = app
  const jobs = new Map<string, Job>()
  const keys = new Map<string, Promise<string>>()
  const read = createSharedLooks(io, api, options.interval * 1000)

  function making({ order }: OrderedEntry, hash: string): Making {
    const own = table.of(order.name)
    return {
      app,
      api,
      progress: own,
      attended: false,
      attending: { ...options, keep_job: order.keep_job, on_failure: order.on_failure },
      read: (ids) => (jobs.size > 1 ? read(ids) : undefined),
      resume: () => again,
      onJob(job, takenUp) {
        jobs.set(order.name, job)
        state.set(order.name, { order: hash, job: job.id })
        const line = `job ${job.id}${takenUp ? `, ${job.status}, is taken up` : ''}`
        if (global.quiet) app.warn(`${order.name}: ${line}`)
        else own.line(line)
      },
      onOver: () => void jobs.delete(order.name),
    }
  }

  // Entries that begin together must not upload the same key twice.
  function keyIdFor(made: Making, plan: Plan): Promise<string> {
    const { text } = plan.key
    const known = keys.get(text) ?? ensureKey(made, plan)
    keys.set(text, known)
    known.catch(() => keys.delete(text))
    return known
  }

  async function begin(made: Making, step: Exclude<Step, { kept: Image }>, known: ReadonlySet<string>) {
    if ('begun' in step) return { first: jobRecord(toValue(step.begun)), takenUp: true }
    const { plan } = step
    if (plan.takeUp) return { first: jobRecord(toValue(plan.takeUp)), takenUp: true }
    return { first: await startJob(made, plan, await keyIdFor(made, plan), known, plan.order.debug ?? false), takenUp: false }
  }

  async function makeOne(one: OrderedEntry, base: Image | undefined): Promise<Result> {
    const { name } = one.order
    const hash = hashOf(one, base)
    const made = making(one, hash)
    // What was read before the first was begun may be hours old.
    const catalogue = await outlast(made, () => readCatalogue(app, api, made.progress))
    const step = stepOf({ program, catalogue, state, one, base })
    const existing = 'kept' in step ? step.kept : 'plan' in step ? step.plan.existing : undefined
    if (existing) {
      table.ended(name, '✔', `${existing.id}  ${'kept' in step ? 'made before' : 'there already'}`)
      return { name, how: 'kept', image: existing }
    }
    const { first, takenUp } = await begin(made, step as Exclude<Step, { kept: Image }>, new Set(catalogue.jobs.map(({ id }) => id)))
    made.onJob(first.job, takenUp)
    const { job, made: result } = await bringHome(made, first, { script: one.script, identity: one.key.identity })
    state.set(name, { order: hash, job: job.id, image: result.image.id })
    const replaces = 'plan' in step ? step.plan.replaces : one.order.if_exists === 'replace' ? await otherOfThatName(made, job, result) : undefined
    const how = await tidyUp(made, job, result, replaces)
    jobs.delete(name)
    table.ended(name, '✔', `${result.image.id}  ${how}`)
    return { name, how: 'made', image: result.image }
  }

  return {
    async make(one, base) {
      const { name } = one.order
      try {
        io.interrupted.throwIfAborted()
        return await makeOne(one, base)
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure
        if (io.interrupted.aborted) return { name, how: 'left running' }
        jobs.delete(name)
        table.ended(name, '✖', failure.message)
        for (const line of [...failure.more, ...(failure.next === undefined ? [] : [`Next: ${failure.next}`])]) progress.line(`${name}: ${line.trim()}`)
        return { name, how: 'failed', failure }
      }
    },
    underWay: () => [...jobs.values()],
  }
}
