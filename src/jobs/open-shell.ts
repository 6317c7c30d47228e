import type { CommandContext } from '../context.ts'
import type { DebugOptions } from '../definitions/job-shells.ts'
import { containerPaths } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import type { Ending } from '../ssh/channel.ts'
import { runCommand } from '../ssh/command.ts'
import { openSession, type Session } from '../ssh/session.ts'
import { givesTerminal, runInTerminal } from '../ssh/shell.ts'
import { connectToContainer, type WaySearch } from './connect.ts'
import { hostKeyLine, hostVerifier, type OnAccept } from './host-key.ts'
import { findKey, type Key } from './identity.ts'
import { shortId } from './lookup.ts'
import { podFailureOf, reasonLines } from './pod.ts'
import type { Reaching, ShellContext } from './shell-context.ts'

/** What is opened, and how. */
export interface Opening extends Reaching, Pick<DebugOptions, 'tty' | 'openssh'> {
  /** Given to the shell there; the shell itself where there is none. */
  command?: string
  /** Why its build failed was shown already. */
  explained?: boolean
  /** What is left of the time limit, in milliseconds; without one there is no limit. */
  left?: number
}

/** A shell or command that has ended. */
export interface Ended {
  readonly ending: Ending
  /** The connection, which may still be open, for the caller to close; OpenSSH's own is not ours. */
  readonly session?: Session
}

/** The longest wait for what the failed container wrote, before the shell opens without it, in milliseconds. */
const excerptPatience = 3000

/**
 * Opens a job's shell, or runs a command there, to its end.
 *
 * @throws CliError with exit 255 where none was reached, 3 at the time limit, 1 when the job doesn't wait any more.
 */
export async function openShell(shell: ShellContext, opening: Opening): Promise<Ended> {
  const { context, job, progress } = shell
  const { command, tty = false, openssh, explained, left } = opening
  const excerpt = explained || job.job_type !== 'create' ? undefined : whyItFailed(context, job)
  const key = await findKey({ ...shell, api: await context.api() }, opening)
  progress.stop()
  const search = { ...opening, patience: left, exit: 3 }
  const onAccept: OnAccept = async (verdict, { host, port }) => {
    progress.stop()
    for (const line of (await excerpt) ?? []) progress.log(line)
    progress.log(`✔ ${host.replace(job.id, shortId(job.id))}:${port}, key ${key.shown}`)
    progress.log(hostKeyLine(verdict))
    if (command === undefined) for (const line of banner(shell)) progress.log(line)
  }
  if (openssh) {
    const { runSystemSsh } = await import('./openssh.ts')
    return { ending: await runSystemSsh(shell, key, search, onAccept) }
  }
  const session = await logIn(shell, key, search, onAccept)
  try {
    const run = givesTerminal(context.io, command, tty) ? runInTerminal : runCommand
    return { ending: await run(session, command, context.io, context.io.interrupted), session }
  } catch (error) {
    await session.close()
    throw error
  }
}

/** Logs in to a job's container, for something other than its shell. */
export async function openJob(shell: ShellContext, options: Reaching): Promise<Session> {
  const { progress } = shell
  const key = await findKey(shell, options)
  progress.stop()
  return logIn(shell, key, { ...options, patience: 60_000 }, (verdict) => {
    if (verdict.why !== 'known') progress.log(hostKeyLine(verdict))
  })
}

async function logIn(shell: ShellContext, key: Key, search: WaySearch & Reaching, onAccept: OnAccept): Promise<Session> {
  const { context, job } = shell
  const login = await key.unlock()
  const way = await connectToContainer(shell, search)
  try {
    const verifyHostKey = hostVerifier(context, job, search.host_key, (verdict) => onAccept(verdict, way.address))
    const next = ['jobs', context.command.name, job.id]
    const session = await openSession({ socket: way.socket, login, verifyHostKey, signal: context.io.interrupted, next })
    return { ...session, close: () => session.close().finally(way.close) }
  } catch (error) {
    way.close()
    throw error
  }
}

async function whyItFailed(context: CommandContext, job: Job): Promise<string[]> {
  return reasonLines(await podFailureOf(context, job, { signal: AbortSignal.timeout(excerptPatience) }).catch(() => undefined))
}

/** Where things are, before the first prompt. */
function banner({ job, container }: ShellContext): string[] {
  const { imageRoot, log, complete, failed } = containerPaths(job, container.jail)
  return [
    imageRoot ? `Image root ${imageRoot}` : 'Image root none, and no log: a remote build that failed copies nothing back',
    ...(log ? [`Log        ${log}`] : []),
    ...(job.job_type === 'create' ? [] : [`Save it    touch ${complete}`]),
    `Discard it touch ${failed}`,
  ]
}
