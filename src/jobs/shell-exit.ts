import type { DebugOptions } from '../definitions/job-shells.ts'
import { jobContainers } from '../definitions/records.ts'
import { CliError } from '../errors.ts'
import { containerPaths } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import { anyExists } from '../ssh/remote-files.ts'
import type { Progress } from '../terminal/progress.ts'
import type { CommandContext } from '../context.ts'
import { confirm } from './confirm.ts'
import { shortId } from './lookup.ts'
import { openJob, type Ended } from './open-shell.ts'
import { deleteJob, signalJob } from './release.ts'
import type { Reaching, ShellContext } from './shell-context.ts'
import { lookAtStage, stageAfter } from './stage-after.ts'

/** What becomes of a job when its shell ends. */
export type ExitAction = NonNullable<DebugOptions['on_exit']>

export interface ShellExitOptions extends Reaching, Pick<DebugOptions, 'on_exit'> {
  /** Keeps what should be kept of the job; whether it may be deleted then. */
  beforeDelete?: () => Promise<boolean>
}

/** What became of a job whose shell has ended: released in the shell itself, or told by us to go on or to end. */
export type JobOutcome = 'released' | 'completed' | 'failed' | 'kept' | 'deleted' | 'gone'

/** Decides and carries out what becomes of a job whose shell has ended. For one that is released, the caller waits for the outcome. */
export async function handleShellExit(shell: ShellContext, ended: Ended, options: ShellExitOptions): Promise<JobOutcome> {
  const { context, api, job, progress } = shell
  const { ending, session } = ended
  const left = await howItIsLeft(shell, ended, options)
  if (left === 'gone') progress.log(`Job ${shortId(job.id)} is gone: it was deleted`)
  if (left !== 'waiting') return left
  if ('lost' in ending) progress.log(ending.detached ? 'Detached.' : `✖ connection lost: ${ending.lost}`)
  const asked = options.on_exit === undefined && context.io.stdin.isTTY && context.io.stderr.isTTY
  const fate = asked ? await promptExitAction(context, job, progress) : (options.on_exit ?? 'later')
  const lossless = fate !== 'delete' || !options.beforeDelete || (await options.beforeDelete())
  const kept = fate === 'later' || !(lossless || (asked && (await confirm(context, 'Delete it all the same?'))))
  if (kept) {
    const how =
      job.job_type === 'create'
        ? `Discard it: ${context.commandLine('jobs', 'fail', job.id)}`
        : `Save the image: ${context.commandLine('jobs', 'complete', job.id)}`
    progress.log(asked ? how : `Job ${shortId(job.id)} still waits${memoryNote(job)}. ${how}`)
    return 'kept'
  }
  if (fate === 'delete') {
    if (progress.isInteractive) progress.update(`deleting job ${shortId(job.id)}`)
    await deleteJob(api, job)
    progress.log(`Job ${shortId(job.id)} deleted`)
    return 'deleted'
  }
  const open = session && session.lost() === undefined ? session : await openJob(shell, options)
  try {
    await signalJob(shell, open, fate === 'save' ? 'complete' : 'failed', options)
  } finally {
    await open.close()
  }
  return fate === 'save' ? 'completed' : 'failed'
}

/** Whether the job still waits: who touched a signal file in the shell has released it there. */
async function howItIsLeft(
  { context, api, job, container, progress }: ShellContext,
  { ending, session }: Ended,
  { interval }: ShellExitOptions,
): Promise<'waiting' | 'released' | 'gone'> {
  const { complete, failed } = containerPaths(job, container.jail)
  if (session && (await anyExists(session, [complete, failed]))) return 'released'
  const lost = 'lost' in ending && session?.lost() !== undefined
  if (lost) progress.update('the connection is gone; does the job go on?')
  const look = () => lookAtStage(api, job.id).catch(() => 'waiting' as const)
  const stage = await stageAfter(context, look, { lost, interval })
  if (stage === 'waiting') progress.stop()
  return stage === 'waiting' || stage === 'gone' ? stage : 'released'
}

/** What a job that waits holds, as a part of a sentence. */
export const memoryNote = ({ job_mem_size: memory }: Job) => (memory ? `, holding ${jobContainers * memory} GiB` : ', holding its memory')

async function promptExitAction(context: CommandContext, job: Job, progress: Progress): Promise<ExitAction> {
  const create = job.job_type === 'create'
  progress.log(`Job still waits${memoryNote(job)}${create ? '; it ends in error either way' : ''}.`)
  const answers: Readonly<Record<string, ExitAction>> = { ...(create ? {} : { s: 'save' }), x: 'discard', d: 'delete', '': 'later' }
  const question = create
    ? 'Discard it (x), delete the job (d), or decide later (Enter)? '
    : 'Save the image (s), discard it (x), delete the job (d), or decide later (Enter)? '
  for (;;) {
    const answer = await context.questions.ask(question).catch((error: unknown) => {
      // Ctrl-C, or a terminal that went away, counts as later.
      if (error instanceof CliError && error.bare) return ''
      throw error
    })
    const fate = answers[answer.trim().slice(0, 1).toLowerCase()]
    if (fate) return fate
  }
}
