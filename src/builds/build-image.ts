import { usageError } from '../errors.ts'
import { shellAvailability } from '../ims/job-status.ts'
import type { Image, Job } from '../ims/records.ts'
import { toValue } from '../json/value.ts'
import type { CommandContext } from '../context.ts'
import type { ImageRecord } from '../jobs/image-of-deleted-job.ts'
import { findJobs, recordOf, shortId, type JobRecord } from '../jobs/lookup.ts'
import { superviseJob, isAttended, type Attention } from './supervise-job.ts'
import { runJobToCompletion } from './run-job.ts'
import { readInventory } from './inventory.ts'
import { olderOfThatName, cleanUp } from './finish.ts'
import { reportStaleJobs } from './stale-jobs.ts'
import type { BuildContext } from './build-context.ts'
import { specProblems, type ImageSpec } from './image-spec.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'
import { makePlan } from './plan.ts'
import { findOwnKey, type OwnKey } from './public-key.ts'
import { readScript, type Script } from './script.ts'
import { ensureKey, startJob } from './create-job.ts'
import { resumeJob } from './resume-job.ts'
import { plannedWrites } from './planned-writes.ts'

/** Options of a command that makes one image. */
export type OneImage = Attention & { readonly debug?: boolean; readonly dry_run?: boolean }

/**
 * Makes the image of an order, and prints its id.
 *
 * @throws CliError before anything is sent for an order that can't be right; before anything is written for what the
 * service can't do; with exit 1 where the image isn't made.
 */
export async function buildImage(app: CommandContext, order: ImageSpec, options: OneImage): Promise<number> {
  const [trouble] = specProblems(order)
  if (trouble) throw usageError(`Invalid value for '${trouble.flag}': ${trouble.why}`)
  const script = readScript(app.io, order)
  refuseByHand(app, order.job_type, script)
  const key = await findOwnKey(app, order.public_key)
  const debug = options.debug ?? isAttended(app)
  return superviseJob(app, options, async (making) => {
    const inventory = await readInventory(app, making.api, making.progress)
    const plan = makePlan({ program: app.program, inventory, order, key })
    reportStaleJobs(app, making.progress, inventory.jobs)
    if (plan.existing) return printExisting(making, plan.existing)
    if (options.dry_run) {
      await app.io.stdout.write(plannedWrites(plan, { debug, keepJob: options.keep_job ?? false }).map((line) => `${line}\n`).join(''))
      return 0
    }
    const own = withIdentity(making, key)
    const started = plan.resumeJob ? { first: recordOf(plan.resumeJob), making: await resumeJob(own, plan.resumeJob, plan.foreign) } : await startJob(own, plan, await ensureKey(own, plan), inventory, debug)
    return 'existing' in started ? printExisting(own, started.existing) : goOn(started.making, started.first, script, plan.replaces)
  })
}

/** Takes up a job, whatever has become of it by now, and prints the id of its image. */
export function resumeBuild(app: CommandContext, reference: string, order: Pick<ImageSpec, 'script' | 'run'>, options: OneImage): Promise<number> {
  const script = readScript(app.io, order)
  return superviseJob(app, options, async (making) => {
    const key = options.public_key === undefined ? undefined : await findOwnKey(app, options.public_key)
    const [first] = await retryWhileUnavailable(making, () => findJobs(making.api, [reference])) as [JobRecord]
    if (shellAvailability(first.job) !== 'never') refuseByHand(app, first.job.job_type, script)
    making.onJob(first.job, true)
    return goOn(withIdentity(making, key), first, script, options.if_exists === 'replace' ? 'older' : undefined)
  })
}

/** @param replaces what the image replaces: the only older one of its name, where that is yet to be found. */
async function goOn(making: BuildContext, first: JobRecord, script: Script | undefined, replaces: Image | 'older' | undefined): Promise<number> {
  const { app } = making
  const { job, made } = await runJobToCompletion(making, first, script)
  // Before anything is removed: whoever is cut off now has the image, or the job that leads to it.
  const code = await printImage(app, made)
  making.progress.line(`✔ image ${shortId(made.image.id)} ${await cleanUp(making, job, made, replaces === 'older' ? await olderOfThatName(making, job, made) : replaces)}`)
  return code
}

/** The key's private half is looked for beside it, unless another is named. */
function withIdentity(making: BuildContext, key: OwnKey | undefined): BuildContext {
  const { supervision } = making
  return { ...making, supervision: { ...supervision, identity: supervision.identity ?? key?.identity } }
}

/** A customisation by hand needs hands. */
function refuseByHand(app: CommandContext, type: Job['job_type'], script: Script | undefined): void {
  if (type === 'customize' && !script && !isAttended(app)) throw usageError('Without a terminal a customisation needs --script or --run.')
}

function printExisting(making: BuildContext, image: Image): Promise<number> {
  making.progress.line(`Image ${image.id} has that name: nothing is made`)
  return printImage(making.app, { image, record: toValue(image) })
}

/** Prints an image: its id, or its record where a format or query was asked for on the line. */
async function printImage({ global, io, print }: CommandContext, { image, record }: ImageRecord): Promise<number> {
  if (global.formatTyped || global.query !== undefined) return print(record)
  await io.stdout.write(`${image.id}\n`)
  return 0
}
