import { spawn as spawnProcess } from 'node:child_process'
import { constants } from 'node:os'
import { CliError } from '../errors.ts'
import { othersEnv } from '../terminal/others-env.ts'
import type { Identity } from './identities.ts'
import { shellWords } from '../text/shell-words.ts'

/** A way into a job's container, as OpenSSH is told of it. */
export interface OpenSshWay {
  readonly jobId: string
  readonly host: string
  readonly port: number
  readonly identity: Identity | undefined
  /** Our file of host keys, which is a `known_hosts`, too. */
  readonly knownHosts: string
  /** Only a host key that is in it; else a new one is accepted and added. */
  readonly hostKeyIsKnown: boolean
}

/** How often OpenSSH asks for a sign of life, in seconds. */
const alive = 15

type Setting = readonly [name: string, value: string]

/**
 * What a configuration of the user or the system could add to a connection, turned off: what hands the user's agent,
 * display, ports, credentials or variables to a container, what runs a command here, and what takes another way or
 * another decision than ours. For an OpenSSH older than an option, that is in `IgnoreUnknown`.
 */
const plain: readonly Setting[] = [
  [
    'IgnoreUnknown',
    'ForkAfterAuthentication,GSSAPIKeyExchange,IdentityAgent,KnownHostsCommand,ProxyJump,RemoteCommand,SessionType,StdinNull',
  ],
  ['AddKeysToAgent', 'no'],
  ['CanonicalizeHostname', 'no'],
  ['ClearAllForwardings', 'yes'],
  ['ControlMaster', 'no'],
  ['ControlPath', 'none'],
  ['ForkAfterAuthentication', 'no'],
  ['ForwardAgent', 'no'],
  ['ForwardX11', 'no'],
  ['ForwardX11Trusted', 'no'],
  ['GSSAPIAuthentication', 'no'],
  ['GSSAPIDelegateCredentials', 'no'],
  ['GSSAPIKeyExchange', 'no'],
  ['IdentityAgent', 'SSH_AUTH_SOCK'],
  ['KnownHostsCommand', 'none'],
  ['NoHostAuthenticationForLocalhost', 'no'],
  ['PermitLocalCommand', 'no'],
  ['ProxyCommand', 'none'],
  ['ProxyJump', 'none'],
  ['RemoteCommand', 'none'],
  ['SendEnv', '-*'],
  ['SessionType', 'default'],
  ['StdinNull', 'no'],
  ['Tunnel', 'no'],
  ['UpdateHostKeys', 'no'],
  ['VerifyHostKeyDNS', 'no'],
]

function settings({ jobId, identity, knownHosts, hostKeyIsKnown }: OpenSshWay): Setting[] {
  const path = identity?.path
  return [
    ...plain,
    ...(path
      ? ([
          ['IdentityFile', filePath(path)],
          ['IdentitiesOnly', 'yes'],
        ] as const)
      : []),
    ['UserKnownHostsFile', filePath(knownHosts)],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['HostKeyAlias', jobId],
    ['StrictHostKeyChecking', hostKeyIsKnown ? 'yes' : 'accept-new'],
    ['HashKnownHosts', 'no'],
    ['CheckHostIP', 'no'],
    ['ServerAliveInterval', String(alive)],
    ['PubkeyAuthentication', 'yes'],
    ['PreferredAuthentications', 'publickey'],
  ]
}

/** What follows `ssh` on the command line that opens the job's shell or runs a command there. */
export function sshArguments(
  way: OpenSshWay,
  { command = [], terminal = false }: { command?: readonly string[]; terminal?: boolean } = {},
): string[] {
  return [
    // No option takes back what a configuration adds with SendEnv and SetEnv.
    '-F',
    'none',
    // Without a configuration GSSAPI is off, and an OpenSSH that is built without it would complain.
    ...settings(way)
      .filter(([name]) => !name.startsWith('GSSAPI'))
      .flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(terminal ? ['-t'] : []),
    '-p',
    String(way.port),
    `root@${way.host}`,
    ...(command.length > 0 ? ['--', ...command] : []),
  ]
}

/** The `ssh` line that does the same, to be pasted into a shell. */
export function sshLine(...way: Parameters<typeof sshArguments>): string {
  return `ssh ${shellWords(sshArguments(...way))}`
}

/** A `Host` block for scp, sftp, rsync and ansible: for a file of its own (`-F`), or to be included in another. */
export function sshConfig(way: OpenSshWay, alias: string): string {
  const lines: Setting[] = [['HostName', way.host], ['Port', String(way.port)], ['User', 'root'], ...settings(way)]
  return [`Host ${alias}`, ...lines.map(([name, value]) => `  ${name} ${value}`), ''].join('\n')
}

/** How the system's `ssh` is run. */
export interface OpenSshRun {
  readonly command?: readonly string[]
  readonly terminal?: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends it, and what runs there with it. Ctrl-C is for what runs there, and doesn't. */
  readonly signal?: AbortSignal
  readonly ssh?: string
}

/**
 * Runs the system's `ssh` with our streams.
 *
 * @returns its exit code
 * @throws CliError where there is none; the reason of the signal, unless that is Ctrl-C
 */
export async function runOpenSsh(way: OpenSshWay, { env, signal, ssh = 'ssh', ...words }: OpenSshRun): Promise<number> {
  const child = spawnProcess(ssh, sshArguments(way, words), { stdio: 'inherit', env: othersEnv(env) })
  // Ctrl-C reaches both of us, and is for the shell there, and for ssh to end by.
  const ignore = () => {}
  const byCtrlC = () => (signal?.reason as CliError).exit === 130
  const end = () => void (byCtrlC() || child.kill('SIGTERM'))
  process.on('SIGINT', ignore)
  signal?.addEventListener('abort', end)
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', (cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'ENOENT' ? 'is not installed' : `can't be started: ${cause.message}`
        reject(new CliError(`ssh ${why}`, { exit: 255, cause }))
      })
      child.on('close', (code, name) => resolve(code ?? 128 + constants.signals[name!]))
      if (signal?.aborted) end()
    })
    if (signal?.aborted && !byCtrlC()) throw signal.reason
    return code
  } finally {
    signal?.removeEventListener('abort', end)
    process.off('SIGINT', ignore)
  }
}

// Quotes and percent signs are OpenSSH's own syntax, in a file as after -o.
function filePath(path: string): string {
  const text = path.replaceAll('%', '%%')
  return /[\s"'#=]/.test(text) ? `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : text
}
