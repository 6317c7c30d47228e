import type { DebugOptions } from '../definitions/job-shells.ts'
import type { Ending } from '../ssh/channel.ts'
import { runOpenSsh, sshConfig, sshLine, type OpenSshWay } from '../ssh/openssh.ts'
import { checkServer } from '../ssh/session.ts'
import { connectToContainer, type WaySearch } from './connect.ts'
import { hostKeyLine, hostVerifier, knownHostsPath, type OnAccept } from './host-key.ts'
import { findKey, forOpenSsh, type Key } from './identity.ts'
import type { Reaching, ShellContext } from './shell-context.ts'

/** What OpenSSH is to run, and how the way there is looked for. */
interface OpenSshSearch extends WaySearch, Reaching, Pick<DebugOptions, 'tty'> {
  /** Given to the shell there; the shell itself where there is none. */
  command?: string
}

/** Prints how OpenSSH gets into a job's container: its command line, or with `ssh_config` a `Host` block. */
export async function printOpenSsh(shell: ShellContext, options: OpenSshSearch & Pick<DebugOptions, 'ssh_config'>): Promise<void> {
  const { context, job, progress } = shell
  const key = await findKey({ ...shell, api: await context.api() }, options)
  progress.stop()
  const onAccept: OnAccept = (verdict) => {
    progress.stop()
    if (verdict.why !== 'known') progress.log(hostKeyLine(verdict))
  }
  const text = await withOpenSshWay(shell, key, { ...options, direct: true }, onAccept, (way) =>
    options.ssh_config ? sshConfig(way, `ims-${job.id.slice(0, 8)}`) : `${sshLine(way, wordsOf(options))}\n`,
  )
  await context.io.stdout.write(text)
}

/** Runs the system's `ssh`, once the host is judged. */
export async function runSystemSsh(shell: ShellContext, key: Key, search: OpenSshSearch, onAccept: OnAccept): Promise<Ending> {
  const { env, interrupted: signal } = shell.context.io
  const code = await withOpenSshWay(shell, key, search, onAccept, (way) => runOpenSsh(way, { ...wordsOf(search), env, signal }))
  // What ssh ends with when it never got there, or was cut off.
  return code === 255 ? { lost: 'ssh ended with 255' } : { code }
}

const wordsOf = ({ command, tty }: OpenSshSearch) => ({ command: command === undefined ? [] : [command], terminal: tty })

/** Uses a way that is open for as long as that takes, and whose host key OpenSSH finds among the known ones. */
async function withOpenSshWay<T>(
  shell: ShellContext,
  key: Key,
  search: OpenSshSearch,
  onAccept: OnAccept,
  use: (way: OpenSshWay) => T | Promise<T>,
): Promise<T> {
  const { context, job } = shell
  const way = await connectToContainer(shell, search)
  try {
    const verifyHostKey = hostVerifier(context, job, search.host_key, (verdict) => onAccept(verdict, way.address))
    await checkServer({ socket: way.socket, verifyHostKey, signal: context.io.interrupted, next: ['jobs', 'debug', job.id] })
    const { host, port } = await way.again()
    const identity = forOpenSsh(context, key.identity)
    return await use({ jobId: job.id, host, port, identity, knownHosts: knownHostsPath(context), hostKeyIsKnown: true })
  } finally {
    way.close()
  }
}
