import { CliError, usageError } from '../../errors.ts'
import type { Api } from '../../ims/api.ts'
import { stageOf } from '../../ims/job-status.ts'
import type { Job } from '../../ims/records.ts'
import type { DebugOptions } from '../../definitions/job-shells.ts'
import { chooseContainer } from '../../ssh/addresses.ts'
import { commandText } from '../../ssh/command.ts'
import { exitCode } from '../../ssh/channel.ts'
import { stripDurations } from '../../time/time-span.ts'
import { handleShellExit } from '../../jobs/shell-exit.ts'
import type { CommandContext, Run } from '../../context.ts'
import { candidate, findJobs, listJobs, shortId } from '../../jobs/lookup.ts'
import { waitForOutcome } from '../../jobs/release.ts'
import { openShell } from '../../jobs/open-shell.ts'
import { waitForShell } from '../../jobs/wait-for-shell.ts'

/** How long a shell is waited for where nobody sits before it, in seconds. */
const unattended = 3600

/** However late a job opens its shell, its server gets this long to answer, in milliseconds. */
const leastReach = 5000

/**
 * Opens a job's shell, or runs a command there: waits until it is ready, finds way and key, judges the host, and asks
 * afterwards what should become of the job.
 *
 * @returns the shell's or command's own exit code where that isn't 0; else, for a job that was released, its outcome: 1
 * for a customize job that ended in error.
 * @throws CliError with exit 1 when no shell can come, 3 at the time limit, 255 when none was reached.
 */
export const run: Run<DebugOptions, { job?: string; command?: string[] }> = async (context, options, args) => {
  const { io } = context
  const command = commandText(args.command ?? [])
  const isPrinting = options.print_command || options.ssh_config
  const began = io.monotonic()
  const seconds = options.timeout ?? (io.stdin.isTTY && io.stderr.isTTY ? undefined : unattended)
  const timeout = seconds === undefined ? undefined : seconds * 1000
  const progress = await context.progress(stripDurations)
  const api = await context.api({ held: true })
  let id: string | undefined
  try {
    // What is asked once is tried again; what is looked at again and again shows when the service is away.
    const once = await context.api()
    const first = args.job === undefined ? await choose(context, once) : (await findJobs(once, [args.job]))[0]!
    id = first.id
    if (!isPrinting) progress.log(`Job ${shortId(id)} ${first.image_root_archive_name}, ${first.job_type}`)
    const job = await waitForShell(context, api, first, { interval: options.interval * 1000, timeout, began }, progress)
    const shell = { context, api, job, container: chooseContainer(job, options.container), progress }
    const left = timeout === undefined ? undefined : Math.max(began + timeout - io.monotonic(), leastReach)
    if (isPrinting) {
      const { printOpenSsh } = await import('../../jobs/openssh.ts')
      await printOpenSsh(shell, { ...options, command, patience: left, exit: 3 })
      return 0
    }
    const ended = await openShell(shell, { ...options, command, left })
    try {
      const own = exitCode(ended.ending)
      // Whoever runs a command has its outcome to see to; a question would be in its way.
      const on_exit = options.on_exit ?? (command === undefined ? undefined : 'later')
      const outcome = await handleShellExit(shell, ended, { ...options, on_exit })
      if (outcome === 'kept' || outcome === 'deleted' || outcome === 'gone') return own
      const { exit, image } = await waitForOutcome(shell, { hopeful: outcome !== 'failed', interval: options.interval })
      if (image) await (command === undefined ? io.stdout : io.stderr).write(`${image}\n`)
      // A job that went on by itself takes the connection along: its outcome alone counts then.
      return outcome === 'released' && 'lost' in ended.ending ? exit : own || exit
    } finally {
      await ended.session?.close()
    }
  } catch (error) {
    throw id !== undefined && io.interrupted.aborted && error === io.interrupted.reason ? leftAlone(id, error as CliError) : error
  } finally {
    progress.stop()
    await api.close()
  }
}

// A signal ends us, not the job.
function leftAlone(id: string, { message, exit }: CliError): CliError {
  return new CliError(message, { exit, more: ['The job is left as it is.'], next: ['jobs', 'debug', id] })
}

async function choose(context: CommandContext, api: Api): Promise<Job> {
  const { stdin, stderr } = context.io
  if (!stdin.isTTY || !stderr.isTTY) throw usageError("Missing argument 'JOB'.", { next: ['jobs', 'list', '--status', 'waiting_on_user'] })
  const waiting = (await listJobs(api)).filter((job) => stageOf(job) === 'waiting')
  if (waiting.length === 0) throw new CliError('no job waits on its user', { exit: 1, next: ['jobs', 'list'] })
  waiting.forEach((job, at) => context.warn(`${at + 1}${candidate(job)}`))
  for (;;) {
    const answer = Number(await context.questions.ask(`Which one? [1-${waiting.length}]: `))
    if (waiting[answer - 1]) return waiting[answer - 1]!
  }
}
