import { CliError, type NextStep } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { isGone } from '../ims/server-error.ts'
import type { Job } from '../ims/records.ts'
import { memoryNote } from '../jobs/shell-exit.ts'
import type { CommandContext } from '../context.ts'
import { shortId } from '../jobs/lookup.ts'
import { deleteJob } from '../jobs/release.ts'

/** What is under way when Ctrl-C, SIGTERM or SIGHUP comes. */
interface UnderWay {
  readonly jobs: readonly Job[]
  /** The only job waits on its user: it won't go on by itself. */
  readonly waits?: boolean
  /** Lines about jobs that may be under way. */
  readonly inDoubt?: readonly string[]
  /** Someone sits before it, who can be asked. */
  readonly attended: boolean
  /** `--cancel-on-interrupt` */
  readonly cancel: boolean
  /** The line that takes it up again. */
  readonly resume: NextStep
}

/** Sees to jobs that are under way when we are interrupted: left running unless their user wants them deleted. Returns what to end with. */
export async function handleInterruption(
  before: CommandContext,
  reason: CliError,
  { jobs, waits = false, inDoubt = [], attended, cancel, resume }: UnderWay,
): Promise<CliError> {
  const context = before.afterInterruption()
  const one = jobs.length === 1
  const remove = cancel || (attended && reason.exit === 130 && (await askToDelete(context, jobs, waits)))
  if (!remove)
    return new CliError(reason.message, {
      exit: reason.exit,
      more: [
        waits
          ? `The job waits on its user${memoryNote(jobs[0]!)}; what was run in it may still run.`
          : one
            ? 'The job keeps running.'
            : 'The jobs keep running.',
        ...inDoubt,
      ],
      next: resume,
    })
  const api = await context.api()
  try {
    const said: string[] = [...inDoubt]
    // One that can't be deleted mustn't keep the others.
    for (const job of jobs)
      said.push(
        await deleteAgain(context, api, job).then(
          () => `Job ${job.id} is deleted.`,
          (error: unknown) => notDeleted(context, job, error),
        ),
      )
    return new CliError(reason.message, { exit: reason.exit, more: said })
  } finally {
    await api.close()
  }
}

/** Milliseconds between requests to delete a job. */
const pauses = [1000, 2000, 4000]

/** Deletes a job, also where the service refuses at first: what is left would go on holding its memory. Another interruption ends it. */
async function deleteAgain(context: CommandContext, api: Api, job: Job): Promise<void> {
  for (const pause of [...pauses, undefined]) {
    try {
      return await deleteJob(api, job)
    } catch (error) {
      if (pause === undefined || isGone(error) || !(error instanceof CliError)) throw error
      await context.io.sleep(pause, context.io.interrupted)
    }
  }
}

function notDeleted({ commandLine }: CommandContext, { id }: Job, error: unknown): string {
  if (isGone(error)) return `Job ${id} is gone already.`
  if (error instanceof CliError) return `Job ${id} is not deleted: ${error.message}. To delete it: ${commandLine('jobs', 'delete', id)}`
  throw error
}

async function askToDelete(context: CommandContext, jobs: readonly Job[], waits: boolean): Promise<boolean> {
  const what = jobs.length === 1 ? `job ${shortId(jobs[0]!.id)}` : `${jobs.length} jobs`
  for (;;) {
    // A second Ctrl-C leaves it, too.
    const answer = await context.questions
      .ask(`\nInterrupted. (d)elete ${what}, or (L)eave ${waits ? 'it waiting' : 'running'}: `)
      .catch(() => '')
    if (/^\s*d/i.test(answer)) return true
    if (/^\s*(l|$)/i.test(answer)) return false
  }
}
