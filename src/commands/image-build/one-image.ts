import { resolve } from 'node:path'
import { readTextFile } from '../../config/text-file.ts'
import { Failure, usageFailure } from '../../errors.ts'
import { createdAt } from '../../ims/created.ts'
import { stageOf } from '../../ims/job-outlook.ts'
import type { Image, Job } from '../../ims/records.ts'
import { toData, toValue } from '../../json/value.ts'
import { images } from '../../spec/records.ts'
import { timeSpan } from '../../terminal/time-span.ts'
import { holding } from '../after-shell.ts'
import type { App } from '../app.ts'
import { findJobs, jobRecord, shortId, type JobRecord } from '../job-reference.ts'
import { attend, isAttended, type Attention } from './attend.ts'
import { bringHome, type Help } from './bring-home.ts'
import { readCatalogue } from './catalogue.ts'
import { tidyUp, type Made } from './finish.ts'
import type { Making } from './making.ts'
import { orderTroubles, type ImageOrder } from './order.ts'
import { outlast } from './outlast.ts'
import { makePlan, type Plan } from './plan.ts'
import { findOwnKey } from './public-key.ts'
import type { Script } from './script.ts'
import { ensureKey, startJob } from './start.ts'
import { writesOf } from './writes.ts'

/** Options of a command that makes one image. */
export interface OneImage extends Attention {
  readonly debug?: boolean
  readonly dry_run?: boolean
}

/**
 * Makes the image of an order, and prints its id.
 *
 * @throws Failure before anything is sent for an order that can't be right; before anything is written for what the
 * service can't do; with exit 1 where the image isn't made.
 */
export async function makeImage(app: App, order: ImageOrder, options: OneImage): Promise<number> {
  const [trouble] = orderTroubles(order)
  if (trouble) throw usageFailure(`Invalid value for '${trouble.flag}': ${trouble.why}`)
  const script = readScript(app, order)
  refuseByHand(app, order.job_type, script)
  const key = await findOwnKey(app, order.public_key)
  const debug = options.debug ?? isAttended(app)
  return attend(app, options, async (making) => {
    const catalogue = await readCatalogue(app, making.api, making.progress)
    const plan = makePlan({ program: app.program, catalogue, order, key })
    nameForgotten(making, catalogue.jobs)
    if (plan.existing) {
      making.progress.line(`Image ${plan.existing.id} has that name: nothing is made`)
      return printImage(app, { image: plan.existing, record: toValue(plan.existing) })
    }
    if (options.dry_run) {
      await app.io.stdout.write(writesOf(plan, { debug, keepJob: options.keep_job ?? false }).map((line) => `${line}\n`).join(''))
      return 0
    }
    const first = plan.takeUp ? jobRecord(toValue(plan.takeUp)) : await startJob(making, plan, await ensureKey(making, plan), new Set(catalogue.jobs.map(({ id }) => id)), debug)
    return goOn(making, first, { script, identity: key.identity }, plan)
  })
}

/** Takes up a job, whatever has become of it by now, and prints the id of its image. */
export function resumeImage(app: App, reference: string, order: Pick<ImageOrder, 'script' | 'run'>, options: OneImage): Promise<number> {
  const script = readScript(app, order)
  return attend(app, options, async (making) => {
    const [first] = await outlast(making, () => findJobs(making.api, [reference]))
    return goOn(making, first!, { script, identity: undefined }, undefined, options.if_exists === 'replace')
  })
}

async function goOn(making: Making, first: JobRecord, help: Help, plan: Plan | undefined, replacing = false): Promise<number> {
  const { app } = making
  refuseByHand(app, first.job.job_type, help.script)
  making.onJob(first.job, plan === undefined || plan.takeUp !== undefined)
  const { job, made } = await bringHome(making, first, help)
  // Before anything is removed: whoever is cut off now has the image, or the job that leads to it.
  const code = await printImage(app, made)
  await tidyUp(making, job, made, plan ? plan.replaces : replacing ? await otherOfThatName(making, job, made.image) : undefined)
  return code
}

/** A customisation by hand needs hands. */
function refuseByHand(app: App, type: Job['job_type'], script: Script | undefined): void {
  if (type === 'customize' && !script && !isAttended(app)) throw usageFailure('Without a terminal a customisation needs --script or --run.')
}

async function otherOfThatName(making: Making, job: Job, made: Image): Promise<Image | undefined> {
  const records = await outlast(making, () => making.api.send({ method: 'GET', path: images.path }), job)
  const others = (Array.isArray(records) ? (records.map(toData) as Image[]) : []).filter(({ id, name }) => name === made.name && id !== made.id)
  if (others.length > 1) making.progress.line(`${others.length} other images are called ${made.name}: none is deleted`)
  return others.length === 1 ? others[0] : undefined
}

/** What is to be run in the image root, read before anything is sent. */
export function readScript({ io }: Pick<App, 'io'>, { script, run }: Pick<ImageOrder, 'script' | 'run'>): Script | undefined {
  if (run !== undefined) {
    if (run.trim() === '') throw usageFailure("Invalid value for '--run': an empty text is no command.")
    return { command: run }
  }
  if (script === undefined) return undefined
  const content = readTextFile(resolve(io.cwd, script))
  if (content === undefined) throw new Failure(`${script}: no such file`)
  if (content.trim() === '') throw new Failure(`${script} is empty`)
  return { content, shown: script }
}

/** Prints an image: its id, or its record where a format or query was asked for on the line. */
async function printImage({ global, io, print }: App, { image, record }: Made): Promise<number> {
  if (global.formatTyped || global.query !== undefined) return print(record)
  await io.stdout.write(`${image.id}\n`)
  return 0
}

/** Jobs that have waited on their users for longer than this, in milliseconds, are taken for forgotten. */
const forgotten = 4 * 3600_000

/** How many of them are named. */
const named = 5

/** Names jobs that were most likely forgotten: they hold memory that this one may need. */
function nameForgotten({ app, progress }: Making, all: readonly Job[]): void {
  const age = (job: Job) => app.io.now() - createdAt(job)
  const waiting = all.filter((job) => stageOf(job) === 'waiting' && age(job) > forgotten)
  for (const job of waiting.slice(0, named)) {
    progress.line(`Job ${shortId(job.id)} ${job.image_root_archive_name}, made ${timeSpan(age(job))} ago, waits on its user${holding(job)}: ${app.program} jobs fail ${job.id}`)
  }
  if (waiting.length > named) progress.line(`… and ${waiting.length - named} more that wait`)
}

