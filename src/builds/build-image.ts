import { usageError } from '../errors.ts'
import { shellAvailability } from '../ims/job-status.ts'
import type { Image, Job } from '../ims/records.ts'
import type { CommandContext } from '../context.ts'
import { findJobs, shortId } from '../jobs/lookup.ts'
import { superviseJob, type Attention } from './supervise-job.ts'
import { isAttended } from './with-writes.ts'
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
import { printMade } from './print-made.ts'
import { trackJob } from './track-job.ts'

/** Options of a command that makes one image. */
export type OneImage = Attention & { readonly debug?: boolean; readonly dry_run?: boolean }

/**
 * Makes the image of an order, and prints its id.
 *
 * @throws CliError before anything is sent for an order that can't be right; before anything is written for what the
 * service can't do; with exit 1 where the image isn't made.
 */
export async function buildImage(context: CommandContext, order: ImageSpec, options: OneImage): Promise<number> {
  const [trouble] = specProblems(order)
  if (trouble) throw usageError(`Invalid value for '${trouble.flag}': ${trouble.why}`)
  const script = readScript(context.io, order)
  refuseByHand(context, order.job_type, script)
  const key = await findOwnKey(context, order.public_key)
  const debug = options.debug ?? isAttended(context)
  return superviseJob(context, options, async (build) => {
    const inventory = await readInventory(context, build.api, build.progress)
    const plan = makePlan({ inventory, order, key })
    reportStaleJobs(context, build.progress, inventory.jobs)
    if (plan.existing) return printExisting(build, plan.existing)
    if (options.dry_run) {
      await context.io.stdout.write(
        plannedWrites(plan, { debug, keepJob: options.keep_job ?? false })
          .map((line) => `${line}\n`)
          .join(''),
      )
      return 0
    }
    const own = withIdentity(build, key)
    const started = plan.resumeJob
      ? { first: plan.resumeJob, build: await resumeJob(own, plan.resumeJob, plan.foreign) }
      : await startJob(own, plan, await ensureKey(own, plan), inventory, debug)
    return 'existing' in started ? printExisting(own, started.existing) : goOn(started.build, started.first, script, plan.replaces)
  })
}

/** Takes up a job, whatever has become of it by now, and prints the id of its image. */
export function resumeBuild(
  context: CommandContext,
  reference: string,
  order: Pick<ImageSpec, 'script' | 'run'>,
  options: OneImage,
): Promise<number> {
  const script = readScript(context.io, order)
  return superviseJob(context, options, async (build) => {
    const key = options.public_key === undefined ? undefined : await findOwnKey(context, options.public_key)
    const [first] = (await retryWhileUnavailable(build, () => findJobs(build.api, [reference]))) as [Job]
    if (shellAvailability(first) !== 'never') refuseByHand(context, first.job_type, script)
    trackJob(build, first, { resumed: true })
    return goOn(withIdentity(build, key), first, script, options.if_exists === 'replace' ? 'older' : undefined)
  })
}

/** @param replaces what the image replaces: the only older one of its name, where that is yet to be found. */
async function goOn(build: BuildContext, first: Job, script: Script | undefined, replaces: Image | 'older' | undefined): Promise<number> {
  const { context } = build
  const { job, made } = await runJobToCompletion(build, first, script)
  // Before anything is removed: whoever is cut off now has the image, or the job that leads to it.
  const code = await printMade(context, made)
  build.progress.log(
    `✔ image ${shortId(made.id)} ${await cleanUp(build, job, made, replaces === 'older' ? await olderOfThatName(build, job, made) : replaces)}`,
  )
  return code
}

/** The key's private half is looked for beside it, unless another is named. */
function withIdentity(build: BuildContext, key: OwnKey | undefined): BuildContext {
  const { supervision } = build
  return { ...build, supervision: { ...supervision, identity: supervision.identity ?? key?.identity } }
}

/** A customisation by hand needs hands. */
function refuseByHand(context: CommandContext, type: Job['job_type'], script: Script | undefined): void {
  if (type === 'customize' && !script && !isAttended(context))
    throw usageError('Without a terminal a customisation needs --script or --run.')
}

function printExisting(build: BuildContext, image: Image): Promise<number> {
  build.progress.log(`Image ${image.id} has that name: nothing is made`)
  return printMade(build.context, image)
}
