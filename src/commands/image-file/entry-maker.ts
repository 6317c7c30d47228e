import { Failure } from '../../errors.ts'
import type { Api } from '../../ims/api.ts'
import type { Image, Job } from '../../ims/records.ts'
import { toValue } from '../../json/value.ts'
import type { Io } from '../../terminal/io.ts'
import type { Progress } from '../../terminal/progress.ts'
import type { BuildOptions } from '../../spec/image-builds.ts'
import type { App } from '../app.ts'
import { bringHome } from '../image-build/bring-home.ts'
import type { Catalogue } from '../image-build/catalogue.ts'
import { tidyUp } from '../image-build/finish.ts'
import type { Making } from '../image-build/making.ts'
import { outlast } from '../image-build/outlast.ts'
import type { Plan } from '../image-build/plan.ts'
import { ensureKey, startJob } from '../image-build/start.ts'
import { jobRecord } from '../job/reference.ts'
import type { OrderedEntry } from './ordered.ts'
import type { Result } from './result.ts'
import { scriptOutput, type ScriptOutput } from './script-output.ts'
import { createSharedLooks } from './shared-reads.ts'
import type { EntryState, FileState } from './state.ts'
import { hashOf, stepOf } from './step.ts'
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
  /** What the service has, as it was read just now. */
  catalogueFor(progress: Progress): Promise<Catalogue>
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
export function createEntryMaker({ app, api, progress, options, state, table, again, catalogueFor }: Workshop): EntryMaker {
  const { io, global, program } = app
  const jobs = new Map<string, Job>()
  const keys = new Map<string, Promise<string>>()
  const read = createSharedLooks(io, api, options.interval * 1000)

  function making({ order, key }: OrderedEntry): Making & { output: ScriptOutput } {
    const own = table.of(order.name)
    const output = scriptOutput(own)
    const tell = global.quiet ? (line: string) => app.warn(`${order.name}: ${line}`) : own.line
    const ownIo: Io = Object.create(io, { stderr: { value: output } })
    return {
      app: { ...app, io: ownIo },
      output,
      tell,
      api,
      progress: own,
      attended: false,
      attending: { ...options, identity: options.identity ?? key.identity, keep_job: order.keep_job, on_failure: order.on_failure },
      read: (ids) => (jobs.size > 1 ? read(ids) : undefined),
      resume: () => again,
      onJob(job, takenUp) {
        jobs.set(order.name, job)
        tell(`job ${job.id}${takenUp ? `, ${job.status}, is taken up` : ''}`)
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

  async function start(made: Making, plan: Plan, known: readonly Job[], note: (before: string[]) => void) {
    const keyId = await keyIdFor(made, plan)
    // Whoever is cut off before the answer would not know that it is there.
    note(known.filter((job) => job.image_root_archive_name === plan.order.name).map(({ id }) => id))
    return startJob(made, plan, keyId, new Set(known.map(({ id }) => id)), plan.order.debug ?? false)
  }

  async function makeOne(one: OrderedEntry, base: Image | undefined): Promise<Result> {
    const { name } = one.order
    const hash = hashOf(one, base)
    const made = making(one)
    state.check()
    const keep = (progress: Omit<EntryState, 'order'>) => state.set(name, { order: hash, ...progress })
    // What was read before the first was begun may be hours old.
    const catalogue = await outlast(made, () => catalogueFor(made.progress))
    const step = stepOf({ program, catalogue, state, one, base })
    if ('plan' in step && step.plan.existing) return ended(name, 'kept', step.plan.existing, 'there already')
    if ('kept' in step) {
      const { kept: image, job, replaces } = step
      if (job) {
        await tidyUp(made, job, { image, record: toValue(image) }, replaces)
        keep({ image: image.id })
      }
      return ended(name, 'kept', image, 'made before')
    }
    const { takeUp, replaces } = 'plan' in step ? step.plan : { takeUp: step.begun, replaces: step.replaces }
    const noted = { replaces: replaces?.id }
    const first = 'plan' in step && !takeUp ? await start(made, step.plan, catalogue.jobs, (before) => keep({ ...noted, before })) : jobRecord(toValue(takeUp!))
    made.onJob(first.job, takeUp !== undefined)
    keep({ ...noted, job: first.job.id })
    const { job, made: result } = await bringHome(made, first, one.script).finally(made.output.rest)
    const { image } = result
    keep({ ...noted, image: image.id, job: job.id })
    const how = await tidyUp(made, job, result, replaces)
    keep({ image: image.id })
    jobs.delete(name)
    return ended(name, 'made', image, how)
  }

  function ended(name: string, how: 'made' | 'kept', image: Image, text: string): Result {
    table.ended(name, '✔', `${image.id}  ${text}`)
    return { name, how, image }
  }

  return {
    async make(one, base) {
      const { name } = one.order
      try {
        io.interrupted.throwIfAborted()
        return await makeOne(one, base)
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure
        // Whoever has the file by now makes the others, too.
        state.check()
        if (io.interrupted.aborted) return { name, how: 'left running' }
        jobs.delete(name)
        // Its row says of which image.
        const why = failure.message.replace(`image ${name} was not made: `, '')
        table.ended(name, '✖', why)
        for (const line of [...failure.more, ...(failure.next === undefined ? [] : [`Next: ${failure.next}`])]) progress.line(`${name}: ${line.trim()}`)
        return { name, how: 'failed', why }
      }
    },
    underWay: () => [...jobs.values()],
  }
}
