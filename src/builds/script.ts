import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { CliError, usageError } from '../errors.ts'
import { userName } from '../files/home.ts'
import { absolutePath } from '../files/path.ts'
import { readTextFile } from '../files/read-file.ts'
import { containerPaths } from '../ims/job-status.ts'
import type { Job, SshContainer } from '../ims/records.ts'
import { chooseContainer } from '../ssh/addresses.ts'
import type { Session } from '../ssh/session.ts'
import { shellWords } from '../text/shell-words.ts'
import { touch } from '../ssh/remote-files.ts'
import { formatDuration } from '../time/time-span.ts'
import { backoff } from '../time/timer.ts'
import type { CommandContext } from '../context.ts'
import { memoryNote } from '../jobs/shell-exit.ts'
import { lookAtStage, stageAfter } from '../jobs/stage-after.ts'
import { shortId } from '../jobs/lookup.ts'
import { openJob } from '../jobs/open-shell.ts'
import { refuseFailedPod } from './on-failure.ts'
import type { BuildContext } from './build-context.ts'
import type { ImageSpec } from './image-spec.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'
import { attachScript, type Attached, type RemoteScript } from './remote-script.ts'
import { scriptOutput } from './script-output.ts'
import { interpreterOf, scriptTrouble } from './script-text.ts'
import { forShells } from './shell.ts'

/** What is run in an image root. */
export type Script = { readonly command: string } | { readonly content: string; readonly shown: string }

/**
 * What an order runs in the image root; undefined where that is done by hand.
 *
 * @param from what has the folder that the script's path starts from.
 * @throws CliError where the script can't be read, or can't run as it is anywhere.
 */
export function readScript(from: { readonly cwd: string }, { script, run }: Pick<ImageSpec, 'script' | 'run'>): Script | undefined {
  if (run !== undefined) {
    if (run.trim() === '') throw usageError("Invalid value for '--run': the command is empty (unset variable?).")
    return { command: run }
  }
  if (script === undefined) return undefined
  const content = readTextFile(absolutePath(script, from), 'script')
  if (content === undefined) throw new CliError(`${script}: no such file`)
  const trouble = scriptTrouble(content, script)
  if (trouble) throw new CliError(`${script} ${trouble.why}`, { next: trouble.next })
  return { content, shown: script }
}

/** How a script ended: with an exit code, or with its job, which went on or was deleted. */
export type ScriptEnding = { readonly code: number } | { readonly jobLeft: true }

/**
 * Runs a script or command in the image root of a customize job that waits, with its output on stderr; one that an
 * earlier run has started is followed to its end. Where it ends with 0 the job is told to go on; else the job waits on.
 * A connection that is lost is opened again: the script runs on without it.
 *
 * @throws CliError with exit 255 where the job can't be reached or the script can't be started there, 3 at the time limit, 1 where the image root was changed by
 * another script, or by one that failed in an earlier run.
 */
export async function runScript(build: BuildContext, job: Job, script: Script): Promise<ScriptEnding> {
  const { context, supervision, progress } = build
  const container = chooseContainer(job)
  const remote = remoteScript(context, job, container, script)
  // In a terminal what comes from there is only shown.
  const { stderr } = context.io
  const output = stderr.isTTY ? scriptOutput(context.warn) : { write: stderr.write, rest() {} }
  const deadline = context.io.monotonic() + supervision.timeout * 1000
  let passed = 0
  // Once it is seen running, its end is the outcome, whoever started it.
  let followed = false
  for (let losses = 0; ; losses++) {
    const attached = await reach(build, job, losses > 0, async (session) => {
      progress.log(
        losses > 0 ? '✔ connected again' : `Job ${shortId(job.id)} runs${'command' in script ? `: ${script.command}` : ` ${script.shown}`}`,
      )
      progress.stop()
      const found = await attachScript(session, remote, {
        output,
        passed,
        onPassed: (bytes) => (passed += bytes),
        signal: context.io.interrupted,
      })
      output.rest()
      if (found.state === 'ended' && found.code === 0) await finish(session, job, container, remote)
      return found
    })
    if (attached.state === 'ended' && (attached.code === 0 || followed || !attached.before)) return { code: attached.code }
    // Whoever follows it, too, removes what it left behind before its job goes on.
    if (attached.state === 'died' && (await hasMovedOn(build, job))) return { jobLeft: true }
    if (attached.state !== 'lost') throw refusal(build, job, attached)
    followed ||= passed > 0
    if (await hasMovedOn(build, job)) return { jobLeft: true }
    await refuseFailedPod(build, job)
    if (context.io.monotonic() >= deadline) {
      throw new CliError(
        `timed out after ${formatDuration(supervision.timeout * 1000)}: the connection to job ${shortId(job.id)} is lost (${attached.why})`,
        { exit: 3, more: ['The script may still run there.'], next: build.resume(job) },
      )
    }
    progress.log(
      attached.over
        ? `✔ ${attached.why}; waiting for the job to move on`
        : `✖ connection lost: ${attached.why}; connecting again, the script runs on`,
    )
    await context.io.sleep(backoff(losses, firstPause, longestPause), context.io.interrupted)
  }
}

/** Milliseconds before a lost connection is opened again: the first time, and at most. */
const [firstPause, longestPause] = [1000, 30_000]

/** Does something over a connection of its own; what is lost of that is no failure. */
async function reach(build: BuildContext, job: Job, again: boolean, work: (session: Session) => Promise<Attached>): Promise<Attached> {
  let session: Session | undefined
  try {
    return await inSession(build, job, async (opened) => work((session = opened)))
  } catch (error) {
    const why = session?.lost() ?? (again && error instanceof CliError && error.transient ? error.message : undefined)
    if (why !== undefined) return { state: 'lost', why }
    // Another run that follows the same script may have told the job to go on before we were connected.
    const mayHaveLeft = session === undefined && error instanceof CliError && !build.context.io.interrupted.aborted
    if (mayHaveLeft && (await hasMovedOn(build, job, { lost: false }))) return { state: 'lost', why: error.message }
    if (mayHaveLeft) await refuseFailedPod(build, job)
    throw error
  }
}

function remoteScript({ io }: CommandContext, job: Job, container: SshContainer, script: Script): RemoteScript {
  const imageRoot = containerPaths(job, container.jail).imageRoot!
  const root = container.jail ? '' : imageRoot
  const isCommand = 'command' in script
  return {
    // Not in /tmp, which scripts clean.
    folder: `${root}/.cray-ims-${job.id}`,
    root,
    complete: containerPaths(job, container.jail).complete,
    command: (uploaded) => (isCommand ? script.command : uploaded),
    upload: isCommand ? '' : script.content,
    interpreter: isCommand ? [] : interpreterOf(script.content),
    identity: createHash('sha256')
      .update(JSON.stringify(isCommand ? ['command', script.command] : ['script', script.content]))
      .digest('hex'),
    by: `${userName(io.env)}@${hostname()}`.replace(/[^\w.@-]/g, '_'),
    run: randomUUID().replaceAll('-', ''),
  }
}

/** Removes what a script has left behind, and tells its job to go on: by one command, which the loss of a connection doesn't cut in two. */
async function finish(session: Session, job: Job, container: SshContainer, { folder }: RemoteScript): Promise<void> {
  await touch(session, containerPaths(job, container.jail).complete, { before: shellWords(['rm', '-rf', '--', folder]) })
}

function refusal({ context, underWay }: BuildContext, job: Job, attached: Exclude<Attached, { state: 'lost' }>): CliError {
  underWay.job = undefined
  const { by, at } = attached.started
  const how = { ended: 'code' in attached ? `ended with ${attached.code}` : '', died: 'ended without an exit code', other: '' }[
    attached.state
  ]
  const what =
    attached.state === 'other'
      ? 'another script or command was started in its image root'
      : `the script ${how}, and may have changed half of its image root`
  return new CliError(`image ${job.image_root_archive_name} was not made: ${what} (by ${by}, ${at})`, {
    exit: 1,
    more: [
      `Job ${job.id} still waits${memoryNote(job)}. To begin with a new image root: add --new, or first ${context.commandLine('jobs', 'delete', job.id)}`,
    ],
    next: ['jobs', 'debug', job.id],
  })
}

/** Tells a customize job that waits to end without a result. */
export function giveUp(build: BuildContext, job: Job): Promise<void> {
  return inSession(build, job, (session, container) => touch(session, containerPaths(job, container.jail).failed))
}

/** Whether a job waits no more: its script may have touched a signal file itself, and others may, or delete it. */
export async function hasMovedOn(build: BuildContext, job: Job, { lost = true } = {}): Promise<boolean> {
  const { api, context, supervision } = build
  return (
    (await stageAfter(context, () => retryWhileUnavailable(build, () => lookAtStage(api, job.id), job), {
      lost,
      interval: supervision.interval,
    })) !== 'waiting'
  )
}

async function inSession<R>(build: BuildContext, job: Job, work: (session: Session, container: SshContainer) => Promise<R>): Promise<R> {
  const { api, supervision, progress } = build
  const container = chooseContainer(job)
  const shell = { context: forShells(build.context), api, job, container, progress }
  const session = await retryWhileUnavailable(build, () => openJob(shell, supervision), job)
  try {
    return await work(session, container)
  } finally {
    await session.close()
  }
}
