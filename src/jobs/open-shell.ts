import type { Api } from '../ims/api.ts'
import { containerPaths } from '../ims/job-status.ts'
import type { Job, SshContainer } from '../ims/records.ts'
import { runCommand } from '../ssh/command.ts'
import type { Ending } from '../ssh/channel.ts'
import { checkServer, openSession, type Session } from '../ssh/session.ts'
import { givesTerminal, runInTerminal } from '../ssh/shell.ts'
import type { Progress } from '../terminal/progress.ts'
import type { CommandContext } from '../context.ts'
import { hostKeyLine, hostVerifier, knownHostsPath } from './host-key.ts'
import { findKey, forOpenSsh, type Key } from './identity.ts'
import { podFailureOf, reasonLines } from './pod.ts'
import { shortId } from './lookup.ts'
import { connectToContainer, type Reaching, type Way } from './connect.ts'

/** What is opened, and how. */
export interface Opening extends Reaching {
  /** Given to the shell there; the shell itself where there is none. */
  command: string | undefined
  /** A command gets a terminal, too. */
  tty: boolean
  openssh: boolean
  print_command: boolean
  ssh_config: boolean
  /** Why its build failed was shown already. */
  explained?: boolean
  /** What is left of the time limit, in milliseconds. */
  left: number | undefined
}

/** A shell or command that has ended. */
export interface Ended {
  readonly ending: Ending
  /** The connection, which may still be open; OpenSSH's own is not ours. */
  readonly session: Session | undefined
  close(): Promise<void>
}

/** The longest wait for what the failed container wrote, before the shell opens without it, in milliseconds. */
const excerptPatience = 3000

/**
 * Opens a job's shell, or runs a command there, to its end; undefined where only a way was to be printed.
 *
 * @throws CliError with exit 255 where none was reached, 3 at the time limit, 1 when the job doesn't wait any more.
 */
export async function openShell(
  context: CommandContext,
  api: Api,
  job: Job,
  container: SshContainer,
  opening: Opening,
  progress: Progress,
): Promise<Ended | undefined> {
  const { io } = context
  const printing = opening.print_command || opening.ssh_config
  const excerpt = printing || opening.explained || job.job_type !== 'create' ? undefined : whyItFailed(context, job)
  progress.stop()
  const key = await findKey(context, await context.api(), job, container, opening)
  const login = printing || opening.openssh ? undefined : await key.unlock()
  const way = await connectToContainer(
    context,
    api,
    job,
    container,
    { ...opening, patience: opening.left, exit: 3, direct: printing },
    progress,
  )
  try {
    const verifyHostKey = hostVerifier(context, job, opening.host_key, async (verdict) => {
      progress.stop()
      if (printing) {
        if (verdict.why !== 'known') progress.log(hostKeyLine(verdict))
        return
      }
      for (const line of (await excerpt) ?? []) progress.log(line)
      const { host, port } = way.address
      progress.log(`✔ ${host.replace(job.id, shortId(job.id))}:${port}, key ${key.shown}`)
      progress.log(hostKeyLine(verdict))
      if (opening.command === undefined) for (const line of banner(job, container)) progress.log(line)
    })
    const settings = { socket: way.socket, verifyHostKey, signal: io.interrupted, next: ['jobs', 'debug', job.id] }
    if (!login) {
      await checkServer(settings)
      const code = await useOpenSsh(context, job, way, key, opening)
      way.close()
      if (code === undefined) return undefined
      // What ssh ends with when it never got there, or was cut off.
      return { ending: code === 255 ? { lost: 'ssh ended with 255' } : { code }, session: undefined, close: async () => {} }
    }
    return await runIn(await openSession({ ...settings, login }), way, context, opening)
  } catch (error) {
    way.close()
    throw error
  }
}

async function runIn(session: Session, way: Way, { io }: CommandContext, { command, tty }: Opening): Promise<Ended> {
  const streams = { stdin: io.stdin, stdout: io.stdout, stderr: io.stderr, env: io.env }
  const run = givesTerminal(io, command, tty) ? runInTerminal : runCommand
  try {
    const ending = await run(session, command, streams, io.interrupted)
    return { ending, session, close: () => session.close().finally(way.close) }
  } catch (error) {
    await session.close()
    throw error
  }
}

async function whyItFailed(context: CommandContext, job: Job): Promise<string[]> {
  return reasonLines(await podFailureOf(context, job, { signal: AbortSignal.timeout(excerptPatience) }).catch(() => undefined))
}

/** Prints what OpenSSH is to be told, or runs it; its exit code then. */
async function useOpenSsh(
  context: CommandContext,
  job: Job,
  way: Way,
  key: Key,
  { command, tty, ...opening }: Opening,
): Promise<number | undefined> {
  const { runOpenSsh, sshConfig, sshLine } = await import('../ssh/openssh.ts')
  const { host, port } = opening.openssh ? await way.again() : way.address
  const told = {
    jobId: job.id,
    host,
    port,
    identity: forOpenSsh(context, key.identity),
    knownHosts: knownHostsPath(context),
    hostKeyIsKnown: true,
  }
  const words = { command: command === undefined ? [] : [command], terminal: tty }
  if (opening.print_command) await context.io.stdout.write(`${sshLine(told, words)}\n`)
  if (opening.ssh_config) await context.io.stdout.write(sshConfig(told, `ims-${job.id.slice(0, 8)}`))
  return opening.print_command || opening.ssh_config
    ? undefined
    : runOpenSsh(told, { ...words, env: context.io.env, signal: context.io.interrupted })
}

/** Where things are, before the first prompt. */
function banner(job: Job, container: SshContainer): string[] {
  const { imageRoot, log, complete, failed } = containerPaths(job, container.jail)
  return [
    imageRoot ? `Image root ${imageRoot}` : 'Image root none, and no log: a remote build that failed copies nothing back',
    ...(log ? [`Log        ${log}`] : []),
    ...(job.job_type === 'create' ? [] : [`Save it    touch ${complete}`]),
    `Discard it touch ${failed}`,
  ]
}
