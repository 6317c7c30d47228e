import type { Job } from '../ims/records.ts'
import { jobShells } from '../definitions/job-shells.ts'
import { chooseContainer } from '../ssh/addresses.ts'
import type { Io } from '../terminal/io.ts'
import { handleShellExit, type JobOutcome } from '../jobs/shell-exit.ts'
import type { CommandContext } from '../context.ts'
import { openShell } from '../jobs/open-shell.ts'
import { saveLogs } from './container-logs.ts'
import type { BuildContext } from './build-context.ts'

/**
 * Opens a job's shell as `jobs debug` does, to its end, and sees to what becomes of the job.
 *
 * @param explained why it failed was shown already.
 */
export async function openJobShell(build: BuildContext, job: Job, explained = false): Promise<JobOutcome> {
  const { api, supervision, progress } = build
  const shell = { context: forShells(build.context), api, job, container: chooseContainer(job), progress }
  const ended = await openShell(shell, { ...supervision, explained })
  try {
    return await handleShellExit(shell, ended, { ...supervision, beforeDelete: () => keepLogs(build, job) })
  } finally {
    await ended.session?.close()
  }
}

/** The context for what happens in a shell: our stdout is for the image's id, and what is hinted at are commands of `jobs`. */
export function forShells(context: CommandContext): CommandContext {
  const io = Object.create(context.io, { stdout: { get: () => context.io.stderr } }) as Io
  return { ...context, io, command: jobShells.find(({ name }) => name === 'debug')! }
}

/**
 * Saves a job's logs before it is deleted, and says where, or why not.
 *
 * @returns whether the job may be deleted: its logs are saved, or its user does without them.
 */
export async function keepLogs({ context, supervision, tell }: BuildContext, job: Job): Promise<boolean> {
  const saved = await saveLogs(context, job)
  tell('path' in saved ? `Logs ${saved.path}` : `The logs of job ${job.id} can't be saved: ${saved.why}`)
  return 'path' in saved || supervision.without_logs === true
}
