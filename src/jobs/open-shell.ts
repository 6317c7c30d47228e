import { CliError } from '../errors.ts'
import type { Api } from '../ims/api.ts'
import { containerPaths } from '../ims/job-status.ts'
import type { Job, SshContainer } from '../ims/records.ts'
import { addressesOf } from '../ssh/addresses.ts'
import { addressText } from '../ssh/banner.ts'
import { runCommand } from '../ssh/command.ts'
import type { Ending } from '../ssh/ending.ts'
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
export async function openShell(app: CommandContext, api: Api, job: Job, container: SshContainer, opening: Opening, progress: Progress): Promise<Ended | undefined> {
  const { io } = app
  const printing = opening.print_command || opening.ssh_config
  const excerpt = printing || opening.explained || job.job_type !== 'create' ? undefined : whyItFailed(app, job)
  progress.stop()
  const key = await findKey(app, await app.api(), job, container, opening)
  const login = printing || opening.openssh ? undefined : await key.unlock()
  const way = await connectToContainer(app, api, job, container, { ...opening, patience: opening.left, exit: 3, direct: printing }, progress)
  try {
    const verifyHostKey = hostVerifier(app, job, opening.host_key, async (verdict) => {
      progress.stop()
      if (printing) {
        if (verdict.why !== 'known') progress.line(hostKeyLine(verdict))
        return
      }
      for (const line of (await excerpt) ?? []) progress.line(line)
      const { host, port } = way.address
      progress.line(`✔ ${host.replace(job.id, shortId(job.id))}:${port}, key ${key.shown}`)
      progress.line(hostKeyLine(verdict))
      if (opening.command === undefined) for (const line of banner(job, container)) progress.line(line)
    })
    const settings = { socket: way.socket, verifyHostKey, signal: io.interrupted, next: `${app.program} jobs debug ${job.id}` }
    if (!login) {
      await checkServer(settings)
      const code = await useOpenSsh(app, job, way, key, opening)
      way.close()
      if (code === undefined) return undefined
      // What ssh ends with when it never got there, or was cut off.
      return { ending: code === 255 ? { lost: 'ssh ended with 255' } : { code }, session: undefined, close: async () => {} }
    }
    return await runIn(await openSession({ ...settings, login }), way, app, opening)
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

async function whyItFailed(app: CommandContext, job: Job): Promise<string[]> {
  return reasonLines(await podFailureOf(app, job, { signal: AbortSignal.timeout(excerptPatience) }).catch(() => undefined))
}

/** Prints what OpenSSH is to be told, or runs it; its exit code then. */
async function useOpenSsh(app: CommandContext, job: Job, way: Way, key: Key, { command, tty, ...opening }: Opening): Promise<number | undefined> {
  const { runOpenSsh, sshConfig, sshLine } = await import('../ssh/openssh.ts')
  const { host, port } = opening.openssh ? await way.again() : way.address
  const told = { jobId: job.id, host, port, identity: forOpenSsh(app, key.identity), knownHosts: knownHostsPath(app), hostKeyIsKnown: true }
  const words = { command: command === undefined ? [] : [command], terminal: tty }
  if (opening.print_command) await app.io.stdout.write(`${sshLine(told, words)}\n`)
  if (opening.ssh_config) await app.io.stdout.write(sshConfig(told, `ims-${job.id.slice(0, 8)}`))
  return opening.print_command || opening.ssh_config ? undefined : runOpenSsh(told, { ...words, env: app.io.env, signal: app.io.interrupted })
}

/** Where things are, before the first prompt. */
function banner(job: Job, container: SshContainer): string[] {
  const { imageRoot, log, complete, failed } = containerPaths(job, container.jail)
  return [
    imageRoot ? `Image root ${imageRoot}` : 'Image root none, and no log: a remote build that failed copies nothing back',
    ...(log ? [`Log        ${log}`] : []),
    ...(job.job_type === 'create' ? [`Release    touch ${failed}`] : [`Keep it    touch ${complete}`, `Drop it    touch ${failed}`]),
  ]
}
