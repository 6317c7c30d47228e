import { execFile } from 'node:child_process'
import type { Socket } from 'node:net'
import { containerPaths } from '../../ims/job-status.ts'
import type { Signal } from '../job-phases.ts'
import { path } from '../keeper.ts'
import type { Job } from '../records.ts'
import { startContainer } from './start-container.ts'
import type { Container, Isolation } from './container.ts'
import { hostKeyFiles, makeHostKeys } from './host-keys.ts'
import type { Program, Running } from './program.ts'
import { createSshServer } from './server.ts'

/** The shell of a job that waits for its user. */
export interface Shell {
  admit(socket: Socket): void
  /** Starts a program there without SSH, as whoever may enter the container can. */
  start(program: Pick<Program, 'command' | 'terminal'>): Running
  /** Kills what runs there, and removes its files. */
  close(): Promise<void>
}

export interface ShellOptions {
  readonly publicKey: string | undefined
  /** Name of its pod. */
  readonly hostname: string
  readonly isolation?: Isolation
  /** Gives terminals; where that is possible, unless it is said. */
  readonly terminals?: boolean
  /** How long it takes until a signal file is looked for again, in milliseconds. */
  readonly look: number
  /** Its user is done. */
  done(signal: Signal): void
}

/** Opens the shell of a job. */
export async function openShell(job: Job, options: ShellOptions): Promise<Shell> {
  const { publicKey, hostname, isolation, look, done } = options
  const jailed = job.job_type === 'customize' && job.ssh_containers?.[0]?.jail === true
  const hostKeys = makeHostKeys()
  const container = await startContainer(job, jailed, hostname, { isolation, files: hostKeyFiles(hostKeys) })
  const terminals = options.terminals ?? (container.isolation === 'stand-in' || (await hasScript()))
  const session = { container, env: environment(job, hostname), terminals }
  const admit = createSshServer(hostKeys, publicKey, session)
  const stop = watchSignals(job, container, look, done)
  return {
    admit,
    start: (program) => container.start({ ...program, env: { ...session.env, ...(program.terminal && { TERM: 'xterm' }) } }),
    close() {
      stop()
      return container.close()
    },
  }
}

// Only those of customize jobs have the job's own. Source: the service's job templates.
function environment(job: Job, hostname: string): Record<string, string> {
  const { id, arch, require_dkms, remote_build_node } = job
  const own = {
    IMS_JOB_ID: id,
    IMS_ARCH: arch,
    IMS_DKMS_ENABLED: require_dkms ? 'True' : 'False',
    REMOTE_BUILD_NODE: remote_build_node,
  }
  // As bash shows [\u@\h \W]#, for a shell that knows no such thing.
  const where = '$(case $PWD in "$HOME") echo "~" ;; /) echo / ;; *) echo "${PWD##*/}" ;; esac)'
  const all = { LANG: 'C.UTF-8', LOGNAME: 'root', PS1: `[root@${hostname} ${where}]# `, USER: 'root' }
  return job.job_type === 'customize' ? { ...all, ...own } : all
}

// A file counts when it is seen at two looks, so that the command that touched it has ended in peace. As the service
// takes it, failed wins.
function watchSignals(job: Job, { files, jailed }: Container, look: number, done: (signal: Signal) => void): () => void {
  const { complete, failed } = containerPaths(job, jailed)
  let seen = false
  const timer = setInterval(() => {
    const signal = files.exists(failed) ? 'failed' : files.exists(complete) ? 'complete' : undefined
    if (signal && seen) {
      clearInterval(timer)
      done(signal)
    }
    seen = signal !== undefined
  }, look)
  return () => clearInterval(timer)
}

// Others' script, as that of BSD, takes its options in another way.
function hasScript(): Promise<boolean> {
  return new Promise((found) => {
    execFile('script', ['--version'], { env: { PATH: path } }, (error, text) => found(!error && text.includes('util-linux')))
  })
}
