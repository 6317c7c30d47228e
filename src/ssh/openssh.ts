import { spawn as spawnProcess } from 'node:child_process'
import { constants } from 'node:os'
import { Failure } from '../errors.ts'
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

// Settings of the user or the system that would take another decision are overridden.
function settings({ jobId, identity, knownHosts, hostKeyIsKnown }: OpenSshWay): Setting[] {
  const path = identity?.path
  return [
    ...(path ? [['IdentityFile', filePath(path)], ['IdentitiesOnly', 'yes']] as const : []),
    ['UserKnownHostsFile', filePath(knownHosts)],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['HostKeyAlias', jobId],
    ['StrictHostKeyChecking', hostKeyIsKnown ? 'yes' : 'accept-new'],
    ['HashKnownHosts', 'no'],
    ['CheckHostIP', 'no'],
    ['ServerAliveInterval', String(alive)],
    ['ControlPath', 'none'],
    ['PreferredAuthentications', 'publickey'],
  ]
}

/** What follows `ssh` on the command line that opens the job's shell or runs a command there. */
export function sshArguments(way: OpenSshWay, { command = [], terminal = false }: { command?: readonly string[]; terminal?: boolean } = {}): string[] {
  return [
    ...settings(way).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
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

/** A `Host` block for scp, sftp, rsync and ansible. */
export function sshConfig(way: OpenSshWay, alias: string): string {
  const lines: Setting[] = [['HostName', way.host], ['Port', String(way.port)], ['User', 'root'], ...settings(way)]
  return [`Host ${alias}`, ...lines.map(([name, value]) => `  ${name} ${value}`), ''].join('\n')
}

/**
 * Runs the system's `ssh` with our streams.
 *
 * @returns its exit code
 * @throws Failure where there is none
 */
export function runOpenSsh(way: OpenSshWay, options: Parameters<typeof sshArguments>[1] & { ssh?: string } = {}): Promise<number> {
  const child = spawnProcess(options.ssh ?? 'ssh', sshArguments(way, options), { stdio: 'inherit' })
  // Ctrl-C is for the shell there, and for ssh to end by.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  return new Promise<number>((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'ENOENT' ? 'is not installed' : `can't be started: ${cause.message}`
      reject(new Failure(`ssh ${why}`, { exit: 255, cause }))
    })
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]))
  }).finally(() => process.off('SIGINT', ignore))
}

// Quotes and percent signs are OpenSSH's own syntax, in a file as after -o.
function filePath(path: string): string {
  const text = path.replaceAll('%', '%%')
  return /[\s"'#=]/.test(text) ? `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : text
}

