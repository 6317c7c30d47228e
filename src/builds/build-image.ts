import { usageFailure } from '../errors.ts'
import { shellOutlook } from '../ims/job-status.ts'
import type { Image, Job } from '../ims/records.ts'
import { toValue } from '../json/value.ts'
import type { App } from '../context.ts'
import type { ImageRecord } from '../jobs/image-of-deleted-job.ts'
import { findJobs, recordOf, shortId, type JobRecord } from '../jobs/lookup.ts'
import { attend, isAttended, type Attention } from './supervise-job.ts'
import { bringHome } from './run-job.ts'
import { readCatalogue } from './inventory.ts'
import { olderOfThatName, tidyUp } from './finish.ts'
import { nameForgotten } from './stale-jobs.ts'
import type { Making } from './build-context.ts'
import { orderTroubles, type ImageOrder } from './image-spec.ts'
import { outlast } from './retry-while-unavailable.ts'
import { makePlan } from './plan.ts'
import { findOwnKey, type OwnKey } from './public-key.ts'
import { readScript, type Script } from './script.ts'
import { ensureKey, startJob } from './create-job.ts'
import { takeUp } from './resume-job.ts'
import { writesOf } from './planned-writes.ts'

/** Options of a command that makes one image. */
export type OneImage = Attention & { readonly debug?: boolean; readonly dry_run?: boolean }

/**
 * Makes the image of an order, and prints its id.
 *
 * @throws Failure before anything is sent for an order that can't be right; before anything is written for what the
 * service can't do; with exit 1 where the image isn't made.
 */
export async function makeImage(app: App, order: ImageOrder, options: OneImage): Promise<number> {
  const [trouble] = orderTroubles(order)
  if (trouble) throw usageFailure(`Invalid value for '${trouble.flag}': ${trouble.why}`)
  const script = readScript(app.io, order)
  refuseByHand(app, order.job_type, script)
  const key = await findOwnKey(app, order.public_key)
  const debug = options.debug ?? isAttended(app)
  return attend(app, options, async (making) => {
    const catalogue = await readCatalogue(app, making.api, making.progress)
    const plan = makePlan({ program: app.program, catalogue, order, key })
    nameForgotten(app, making.progress, catalogue.jobs)
    if (plan.existing) return printExisting(making, plan.existing)
    if (options.dry_run) {
      await app.io.stdout.write(writesOf(plan, { debug, keepJob: options.keep_job ?? false }).map((line) => `${line}\n`).join(''))
      return 0
    }
    const own = withIdentity(making, key)
    const started = plan.takeUp ? { first: recordOf(plan.takeUp), making: await takeUp(own, plan.takeUp, plan.foreign) } : await startJob(own, plan, await ensureKey(own, plan), catalogue, debug)
    return 'existing' in started ? printExisting(own, started.existing) : goOn(started.making, started.first, script, plan.replaces)
  })
}

/** Takes up a job, whatever has become of it by now, and prints the id of its image. */
export function resumeImage(app: App, reference: string, order: Pick<ImageOrder, 'script' | 'run'>, options: OneImage): Promise<number> {
  const script = readScript(app.io, order)
  return attend(app, options, async (making) => {
    const key = options.public_key === undefined ? undefined : await findOwnKey(app, options.public_key)
    const [first] = await outlast(making, () => findJobs(making.api, [reference])) as [JobRecord]
    if (shellOutlook(first.job) !== 'never') refuseByHand(app, first.job.job_type, script)
    making.onJob(first.job, true)
    return goOn(withIdentity(making, key), first, script, options.if_exists === 'replace' ? 'older' : undefined)
  })
}

/** @param replaces what the image replaces: the only older one of its name, where that is yet to be found. */
async function goOn(making: Making, first: JobRecord, script: Script | undefined, replaces: Image | 'older' | undefined): Promise<number> {
  const { app } = making
  const { job, made } = await bringHome(making, first, script)
  // Before anything is removed: whoever is cut off now has the image, or the job that leads to it.
  const code = await printImage(app, made)
  making.progress.line(`✔ image ${shortId(made.image.id)} ${await tidyUp(making, job, made, replaces === 'older' ? await olderOfThatName(making, job, made) : replaces)}`)
  return code
}

/** The key's private half is looked for beside it, unless another is named. */
function withIdentity(making: Making, key: OwnKey | undefined): Making {
  const { attending } = making
  return { ...making, attending: { ...attending, identity: attending.identity ?? key?.identity } }
}

/** A customisation by hand needs hands. */
function refuseByHand(app: App, type: Job['job_type'], script: Script | undefined): void {
  if (type === 'customize' && !script && !isAttended(app)) throw usageFailure('Without a terminal a customisation needs --script or --run.')
}

function printExisting(making: Making, image: Image): Promise<number> {
  making.progress.line(`Image ${image.id} has that name: nothing is made`)
  return printImage(making.app, { image, record: toValue(image) })
}

/** Prints an image: its id, or its record where a format or query was asked for on the line. */
async function printImage({ global, io, print }: App, { image, record }: ImageRecord): Promise<number> {
  if (global.formatTyped || global.query !== undefined) return print(record)
  await io.stdout.write(`${image.id}\n`)
  return 0
}
