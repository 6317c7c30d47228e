import { CliError } from '../../errors.ts'
import type { Api } from '../../ims/api.ts'
import { isInDoubt } from '../../ims/availability.ts'
import type { Image, Job } from '../../ims/records.ts'
import type { Io } from '../../terminal/io.ts'
import type { Progress } from '../../terminal/progress.ts'
import type { BuildOptions } from '../../definitions/image-builds.ts'
import type { CommandContext } from '../../context.ts'
import { runEnds } from '../with-writes.ts'
import type { JobTracker } from '../build-context.ts'
import { runJobToCompletion } from '../run-job.ts'
import type { Inventory } from '../inventory.ts'
import { cleanUp } from '../finish.ts'
import type { BuildContext } from '../build-context.ts'
import { retryWhileUnavailable } from '../retry-while-unavailable.ts'
import type { Plan } from '../plan.ts'
import { ensureKey, startJob } from '../create-job.ts'
import { resumeJob } from '../resume-job.ts'
import { podFailureNow } from '../../jobs/pod-watch.ts'
import { isImport, type OrderedBuild, type OrderedEntry, type OrderedImport } from '../images-file/ordered.ts'
import type { Result } from './result.ts'
import { scriptOutput, type ScriptOutput } from '../script-output.ts'
import { createSharedLooks } from './shared-reads.ts'
import type { EntryState, FileState } from './state.ts'
import { hashOf, nextStep, type Planning, type Step } from './next-step.ts'
import type { Table } from './progress-table.ts'

/** What all images of a file have in common. */
interface BatchContext {
  readonly context: CommandContext
  readonly api: Api
  readonly progress: Progress
  readonly options: BuildOptions
  readonly state: FileState
  readonly table: Table
  /** The command that goes on with the file. */
  readonly again: readonly string[]
  /** What the service has, as it was read just now. */
  inventoryFor(progress: Progress): Promise<Inventory>
}

export interface EntryBuilder {
  /**
   * Makes one image. That it can't be made is a result, too.
   *
   * @param base the image that it is made from, where that is of the same file.
   */
  make(one: OrderedEntry, base: Image | undefined): Promise<Result>
  /** The jobs that have not ended. */
  underWay(): Job[]
  /** Of the images that were begun when we were interrupted and have no job that is known: what is left of each, in a line. */
  left(): readonly string[]
}

/** Makes images of a file, side by side. */
export function createEntryBuilder({ context, api, progress, options, state, table, again, inventoryFor }: BatchContext): EntryBuilder {
  const { io, global } = context
  const trackers = new Set<JobTracker>()
  const keys = new Map<string, Promise<string>>()
  const left: string[] = []
  const jobsUnderWay = () => [...trackers].flatMap(({ job }) => job ?? [])
  const read = createSharedLooks(io, api, options.interval * 1000)

  const tellOf = ({ log }: Progress, name: string) => (global.quiet ? (line: string) => context.warn(`${name}: ${line}`) : log)

  function build(
    { order, key }: OrderedBuild,
    underWay: JobTracker,
    ends: (() => Promise<void>)[],
  ): BuildContext & { output: ScriptOutput } {
    const own = table.of(order.name)
    const output = scriptOutput(own.log)
    const tell = tellOf(own, order.name)
    const ownIo = Object.create(io, { stderr: { value: output } }) as Io
    return {
      context: { ...context, io: ownIo },
      output,
      tell,
      api,
      progress: own,
      attended: false,
      supervision: {
        ...options,
        identity: options.identity ?? key.identity,
        keep_job: order.keep_job,
        on_failure: order.on_failure,
        without_logs: order.without_logs,
      },
      read: (ids) => (jobsUnderWay().length > 1 ? read(ids) : undefined),
      resume: () => again,
      atEnd: (work) => void ends.push(work),
      underWay,
      only: false,
    }
  }

  // Entries that begin together must not upload the same key twice.
  function keyIdFor(made: BuildContext, plan: Plan): Promise<string> {
    const { text } = plan.key
    const known = keys.get(text) ?? ensureKey(made, plan)
    keys.set(text, known)
    known.catch(() => keys.delete(text))
    return known
  }

  async function start(made: BuildContext, plan: Plan, before: Inventory, keep: (progress: Omit<EntryState, 'order'>) => void) {
    const { name } = plan.order
    const keyId = await keyIdFor(made, plan)
    const earlier = state.of(name)
    // Whoever is cut off before the answer would not know that it is there.
    keep({
      before: before.jobs.filter((job) => job.image_root_archive_name === name).map(({ id }) => id),
      attempted: new Date(io.now()).toISOString(),
    })
    return startJob(made, plan, keyId, before, plan.order.debug ?? false).catch((error: unknown) => {
      if (!isInDoubt(error)) state.set(name, earlier)
      throw error
    })
  }

  async function importEntry({ order: { name }, files }: OrderedImport, ends: (() => Promise<void>)[]): Promise<Result> {
    const own = table.of(name)
    const atEnd = (work: () => Promise<void>) => void ends.push(work)
    state.check()
    const { image, how, text } = await files.make({
      context,
      api,
      progress: own,
      attended: false,
      supervision: options,
      tell: tellOf(own, name),
      atEnd,
    })
    return ended(name, how, image, text)
  }

  async function buildEntry(
    one: OrderedBuild,
    base: Image | undefined,
    underWay: JobTracker,
    ends: (() => Promise<void>)[],
  ): Promise<Result> {
    const { name } = one.order
    const hash = hashOf(one, base)
    const made = build(one, underWay, ends)
    state.check()
    const keep = (progress: Omit<EntryState, 'order'>) => state.set(name, { order: hash, ...progress })
    // What was read before the first was begun may be hours old.
    const inventory = await retryWhileUnavailable(made, () => inventoryFor(made.progress))
    const step = await stepNow(made, { inventory, state, one, base })
    if ('plan' in step && step.plan.existing) return ended(name, 'kept', step.plan.existing, 'there already')
    if ('kept' in step) {
      const { kept: image, job, replaces } = step
      if (job) {
        await cleanUp(made, job, image, replaces)
        keep({ image: image.id })
      }
      return ended(name, 'kept', image, 'made before')
    }
    const { plan, begun, replaces, source } =
      'plan' in step
        ? { plan: step.plan, begun: step.plan.resumeJob, replaces: step.plan.replaces, source: step.plan.source.id }
        : { ...step, plan: undefined, source: step.begun.artifact_id }
    const noted = { replaces: replaces?.id, source }
    const started =
      plan && !begun
        ? await start(made, plan, inventory, (progress) => keep({ ...noted, ...progress }))
        : { first: begun!, build: await resumeJob(made, begun!, plan?.foreign ?? false) }
    if ('existing' in started) return ended(name, 'kept', started.existing, 'there already')
    const { first, build: own } = started
    keep({ ...noted, job: first.id })
    const { job, made: image } = await runJobToCompletion(own, first, one.script).finally(made.output.rest)
    keep({ ...noted, image: image.id, job: job.id })
    const how = await cleanUp(own, job, image, replaces)
    keep({ image: image.id })
    return ended(name, 'made', image, how)
  }

  /** What is to be done now. With `new: true`, a job that an earlier run began and that never ends is no reason to stop. */
  async function stepNow(made: BuildContext, planning: Planning): Promise<Step> {
    const step = nextStep(planning)
    if (
      !('begun' in step) ||
      !planning.one.order.new ||
      !(await retryWhileUnavailable(made, () => podFailureNow(context, api, step.begun)))
    )
      return step
    const { inventory } = planning
    return nextStep({ ...planning, inventory: { ...inventory, jobs: inventory.jobs.filter(({ id }) => id !== step.begun.id) } })
  }

  function ended(name: string, how: 'made' | 'kept', image: Image, text: string): Result {
    table.ended(name, '✔', `${image.id}  ${text}`)
    return { name, how, image }
  }

  return {
    async make(one, base) {
      const { name } = one.order
      const ends: (() => Promise<void>)[] = []
      const underWay: JobTracker = {}
      trackers.add(underWay)
      try {
        io.interrupted.throwIfAborted()
        const result = await (isImport(one) ? importEntry(one, ends) : buildEntry(one, base, underWay, ends))
        underWay.job = undefined
        return result
      } catch (failure) {
        if (!(failure instanceof CliError)) throw failure
        // Whoever has the file by now makes the others, too.
        state.check()
        if (io.interrupted.aborted) {
          if (isImport(one)) left.push(...failure.more.map((line) => `${name}: ${line}`))
          else if (isInDoubt(failure))
            left.push(`${name}: the service did not say whether it created the job; the same command looks for it.`)
          return { name, how: 'left running' }
        }
        underWay.job = undefined
        // Its row says of which image.
        const why = failure.message.replace(`image ${name} was not made: `, '')
        table.ended(name, '✖', why)
        for (const line of [...failure.more, ...(failure.next === undefined ? [] : [`Next: ${context.nextLine(failure.next)}`])])
          progress.log(`${name}: ${line.trim()}`)
        return { name, how: 'failed', why }
      } finally {
        await runEnds(io, ends)
      }
    },
    underWay: jobsUnderWay,
    left: () => left,
  }
}
