import { join } from 'node:path'
import { configFolder } from '../config/folder.ts'
import { CliError } from '../errors.ts'
import { openDraft } from '../files/draft.ts'
import { reasonOf } from '../files/reason.ts'
import { hasEnded } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import { KubectlError } from '../kubernetes/kubectl-error.ts'
import { followLogs } from '../kubernetes/follow-logs.ts'
import { createLineText } from '../kubernetes/line-text.ts'
import { readLogs, type LogLine } from '../kubernetes/logs.ts'
import type { CommandContext } from '../context.ts'
import { kubectlOf } from '../jobs/pod.ts'
import { describeJob } from '../jobs/lookup.ts'
import type { BuildContext } from './build-context.ts'

/** How long the last lines get to arrive once a job waits, in milliseconds: its containers go on. */
const lastLines = 2000

/** … and once it has ended, when they come to an end by themselves. */
const allLines = 30_000

/** Shows the lines of a job's containers besides what else is done. That `kubectl` doesn't work here is said once. */
export function followContainers(
  { context, api, progress, supervision }: BuildContext,
  job: Job,
): { end(hasEnded: boolean): Promise<void>; stop(): void } {
  const stopped = new AbortController()
  const signal = AbortSignal.any([context.io.interrupted, stopped.signal])
  const jobEnded = async () => hasEnded(await describeJob(api, job.id))
  const following = { signal, jobEnded, interval: supervision.interval * 1000, notice: progress.log, sleep: context.io.sleep }
  async function show(): Promise<void> {
    try {
      for await (const { container, line } of followLogs(kubectlOf(context), job, following)) progress.log(`${container} | ${line}`)
    } catch (fault) {
      // Whatever it is: an image is made without its logs, too.
      if (!signal.aborted) progress.log(`No logs: ${(fault as Error).message}`)
    }
  }
  const shown = show()
  return {
    async end(hasEnded) {
      const late = new AbortController()
      await Promise.race([shown, context.io.sleep(hasEnded ? allLines : lastLines, AbortSignal.any([signal, late.signal])).catch(() => {})])
      late.abort()
      stopped.abort()
      await shown
    },
    stop: () => stopped.abort(),
  }
}

/**
 * Keeps the logs of a job's containers in a file of its own, before they go with it.
 *
 * @returns the file, or why they can't be read.
 * @throws CliError where the file can't be written.
 */
export async function saveLogs(context: CommandContext, job: Job): Promise<{ readonly path: string } | { readonly why: string }> {
  const path = join(configFolder(context.io.env), 'ims_job_logs', `${job.id}.log`)
  const lines = readLogs(kubectlOf(context), job, { signal: context.io.interrupted, notice: (text) => context.log(1, text) })
  try {
    const first = await lines.next()
    await writeLines(job, path, first, lines)
    return { path }
  } catch (cause) {
    if (!(cause instanceof KubectlError) || context.io.interrupted.aborted) throw cause
    return { why: cause.message }
  }
}

/** How much is gathered before it is written, in characters. */
const block = 65_536

async function writeLines(
  job: Job,
  path: string,
  first: IteratorResult<LogLine, void>,
  lines: AsyncIterator<LogLine, void>,
): Promise<void> {
  const saving = <R>(work: () => R): R => {
    try {
      return work()
    } catch (error) {
      const { more, next, cause = error } = error as CliError
      throw new CliError(`the logs of job ${job.id} can't be saved to ${path}: ${reasonOf(cause)}`, {
        exit: 1,
        more: [...more, 'The job is left as it is.'],
        next,
        cause,
      })
    }
  }
  const draft = saving(() => openDraft(path))
  const textOf = createLineText(({ container, time }) => `${container} | ${time ? `${time} ` : ''}`)
  try {
    let gathered = ''
    for (let one = first; !one.done; one = await lines.next()) {
      gathered += textOf(one.value)
      if (gathered.length < block) continue
      saving(() => draft.write(gathered))
      gathered = ''
    }
    saving(() => {
      draft.write(gathered)
      draft.commit()
    })
  } finally {
    draft.discard()
  }
}
