import { stageOf } from '../../ims/job-status.ts'
import { usageError } from '../../errors.ts'
import type { Api } from '../../ims/api.ts'
import { isUnavailable, isUnknownHost } from '../../ims/availability.ts'
import { sourceOf } from '../../ims/read-record.ts'
import type { Job } from '../../ims/records.ts'
import { jobStatuses } from '../../service/job-statuses.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { goals, type waitOptions } from '../../definitions/job-shells.ts'
import type { Progress } from '../../terminal/progress.ts'
import { formatDuration } from '../../time/time-span.ts'
import type { CommandContext, Run } from '../../context.ts'
import { parseCondition, unreachableError, type Verdict } from '../../jobs/wait-condition.ts'
import { imageOfDeletedJob } from '../../jobs/image-of-deleted-job.ts'
import { createPodWatch } from '../../jobs/pod-watch.ts'
import { findJobs, shortId } from '../../jobs/lookup.ts'
import { pollUntil, createTransientCheck, pollJobs, type JobSnapshot } from '../../jobs/poll.ts'

type Options = InferOptions<typeof waitOptions>

/**
 * Waits for jobs, and prints their last records: one as `describe` does, several as a list; also of jobs of which one
 * can't get there any more.
 *
 * @throws CliError with exit 1 when one can't get there any more, 3 at the time limit.
 */
export const run: Run<Options, { job: string[] }> = async (context, options, args) => {
  const { io } = context
  const judge = parseCondition(options.for)
  if (!judge) {
    const choices = [...new Set<string>([...goals, ...jobStatuses])].join(', ')
    throw usageError(`Invalid value for '--for': invalid choice: ${options.for}. (choose from ${choices})`)
  }
  const api = await context.api({ held: true })
  const progress = await context.progress()
  const again = (jobs: readonly string[]) => ['jobs', 'wait', ...jobs, ...(options.for === 'success' ? [] : ['--for', options.for])]
  const watch = { interval: options.interval * 1000, timeout: options.timeout * 1000, began: io.monotonic(), progress }
  const pods = createPodWatch(context, { interval: watch.interval, say: progress.log })
  try {
    if (progress.isInteractive) progress.update(`looking for ${args.job.length === 1 ? 'the job' : 'the jobs'}`)
    const first = await pollUntil(context, { ...watch, resume: again(args.job) }, () => findJobs(api, args.job), {
      enough: (found) => found,
      many: args.job.length > 1,
      // A service that never answered under a name that nobody knows won't come back.
      passes: createTransientCheck((error) => isUnavailable(error) && !isUnknownHost(error)),
    })
    const known = [...new Map(first.map((job) => [job.id, job])).values()]
    const ids = known.map(({ id }) => id)
    const show = createDisplay(context, progress, ids)
    const last = new Map(known.map((job) => [job.id, job]))
    // Jobs that are gone, and have made their images.
    const finished = new Map<string, Job>()
    const lookForImage = async (id: string) => {
      const made = goalsOfSuccess.has(options.for) && !finished.has(id) ? await finishedRecord(api, last.get(id)!) : undefined
      if (made) finished.set(id, made)
      return finished.has(id)
    }
    const { seen, lost } = await pollJobs(context, api, ids, { ...watch, resume: again(ids), known }, async (seen) => {
      for (const [id, { job }] of seen) last.set(id, job)
      const verdictOf = async (id: string) => (!seen.has(id) && (await lookForImage(id)) ? 'met' : judge(seen.get(id), io.interrupted))
      const verdicts = new Map(await Promise.all(ids.map(async (id) => [id, await verdictOf(id)] as const)))
      show(seen, verdicts)
      const troubles = pods.look([...seen.values()])
      const lost = ids.flatMap((id) => {
        const trouble = troubles.get(id)
        const dead = verdicts.get(id) === 'pending' && trouble?.final ? trouble : undefined
        return dead || verdicts.get(id) === 'unreachable' ? [{ id, job: seen.get(id)?.job, dead }] : []
      })
      return lost.length > 0 || ids.every((id) => verdicts.get(id) === 'met') ? { seen, lost } : undefined
    })
    progress.stop()
    for (const { id, resultant_image_id } of finished.values())
      progress.log(`Job ${shortId(id)} is gone; its image ${resultant_image_id} is there`)
    const records = ids.flatMap((id) => seen.get(id)?.job ?? finished.get(id) ?? []).map(sourceOf)
    const printed = records.length > 0 ? await context.print(ids.length === 1 ? records[0]! : records) : 0
    const [one, ...others] = lost
    if (one) throw await unreachableError(context, [one, ...others], options.for)
    return printed
  } finally {
    progress.stop()
    pods.stop()
    await api.close()
  }
}

/** What a job that is gone has reached if its image is there. */
const goalsOfSuccess: ReadonlySet<string> = new Set(['success', 'done'])

/** The record of a job that is gone as it must have been at its end; undefined where it made no image. */
async function finishedRecord(api: Api, job: Job): Promise<Job | undefined> {
  const made = await imageOfDeletedJob(api, job)
  return made && { ...job, status: 'success', resultant_image_id: made.id }
}

/** How many jobs a spinner names. */
const named = 3

/** Shows looks: a line for each change of a job, and in a terminal what goes on now. */
function createDisplay(
  { commandLine }: CommandContext,
  progress: Progress,
  ids: readonly string[],
): (seen: Map<string, JobSnapshot>, verdicts: Map<string, Verdict>) => void {
  let shown = false
  return (seen, verdicts) => {
    const pending = ids.flatMap((id) => (verdicts.get(id) === 'pending' ? (seen.get(id) ?? []) : []))
    for (const { job, before } of seen.values()) {
      if (before) progress.log(`${shortId(job.id)} ${before.status} ${formatDuration(before.lasted)} → ${job.status}`)
      else if (!shown) progress.log(`${shortId(job.id)} ${job.image_root_archive_name}, ${job.job_type}: ${job.status}`)
      const waits = (before || !shown) && stageOf(job) === 'waiting' && verdicts.get(job.id) === 'pending'
      if (waits) progress.log(`  it waits on its user: ${commandLine('jobs', 'debug', job.id)}`)
    }
    shown = true
    if (!progress.isInteractive || pending.length === 0) return
    const times = pending.slice(0, named).map(({ job, inStatus }) => `${shortId(job.id)} ${job.status} ${formatDuration(inStatus)}`)
    const count = ids.length > 1 ? `${ids.length - pending.length} of ${ids.length} there; ` : ''
    progress.update(`${count}${times.join(', ')}${pending.length > named ? ', …' : ''}; ${formatDuration(pending[0]!.total)} in all`)
  }
}
