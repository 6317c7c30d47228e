import { usageFailure } from '../../errors.ts'
import { shellOutlook } from '../../ims/job-outlook.ts'
import type { Job } from '../../ims/records.ts'
import { toValue } from '../../json/value.ts'
import type { App } from '../app.ts'
import { findJobs, recordOf, shortId, type JobRecord } from '../job/reference.ts'
import { attend, isAttended, type Attention } from './attend.ts'
import { bringHome } from './bring-home.ts'
import { readCatalogue } from './catalogue.ts'
import { olderOfThatName, tidyUp, type Made } from './finish.ts'
import { nameForgotten } from './forgotten-jobs.ts'
import type { Making } from './making.ts'
import { orderTroubles, type ImageOrder } from './order.ts'
import { outlast } from './outlast.ts'
import { makePlan, type Plan } from './plan.ts'
import { findOwnKey, type OwnKey } from './public-key.ts'
import { readScript, type Script } from './script.ts'
import { ensureKey, startJob } from './start.ts'
import { writesOf } from './writes.ts'

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
    if (plan.existing) {
      making.progress.line(`Image ${plan.existing.id} has that name: nothing is made`)
      return printImage(app, { image: plan.existing, record: toValue(plan.existing) })
    }
    if (options.dry_run) {
      await app.io.stdout.write(writesOf(plan, { debug, keepJob: options.keep_job ?? false }).map((line) => `${line}\n`).join(''))
      return 0
    }
    const first = plan.takeUp ? recordOf(plan.takeUp) : await startJob(making, plan, await ensureKey(making, plan), new Set(catalogue.jobs.map(({ id }) => id)), debug)
    return goOn(withIdentity(making, key), first, script, plan)
  })
}

/** Takes up a job, whatever has become of it by now, and prints the id of its image. */
export function resumeImage(app: App, reference: string, order: Pick<ImageOrder, 'script' | 'run'>, options: OneImage): Promise<number> {
  const script = readScript(app.io, order)
  return attend(app, options, async (making) => {
    const key = options.public_key === undefined ? undefined : await findOwnKey(app, options.public_key)
    const [first] = await outlast(making, () => findJobs(making.api, [reference]))
    return goOn(withIdentity(making, key), first!, script, undefined, options.if_exists === 'replace')
  })
}

async function goOn(making: Making, first: JobRecord, script: Script | undefined, plan: Plan | undefined, replacing = false): Promise<number> {
  const { app } = making
  if (shellOutlook(first.job) !== 'never') refuseByHand(app, first.job.job_type, script)
  making.onJob(first.job, plan === undefined || plan.takeUp !== undefined)
  const { job, made } = await bringHome(making, first, script)
  // Before anything is removed: whoever is cut off now has the image, or the job that leads to it.
  const code = await printImage(app, made)
  making.progress.line(`✔ image ${shortId(made.image.id)} ${await tidyUp(making, job, made, plan ? plan.replaces : replacing ? await olderOfThatName(making, job, made) : undefined)}`)
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

/** Prints an image: its id, or its record where a format or query was asked for on the line. */
async function printImage({ global, io, print }: App, { image, record }: Made): Promise<number> {
  if (global.formatTyped || global.query !== undefined) return print(record)
  await io.stdout.write(`${image.id}\n`)
  return 0
}
