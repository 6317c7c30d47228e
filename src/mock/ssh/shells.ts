import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { hasEnded } from '../../ims/job-status.ts'
import type { JobClock, JobStatus } from '../library.ts'
import { reachable } from '../jobs.ts'
import { podName } from '../kubernetes/pod.ts'
import type { Job } from '../records.ts'
import type { State } from '../state.ts'
import type { Isolation } from './container.ts'
import type { Door, Doors } from './doors.ts'
import type { Program, Running } from './program.ts'
import type { Shell } from './shell.ts'

/** How often the files are looked for with which users of shells say that they are done, in milliseconds. */
const look = 50

export interface ShellsOptions {
  isolation?: Isolation
  /** Gives terminals; where `script` is there, unless it is said. */
  terminals?: boolean
}

/** The shells of all jobs that wait for their users. */
export interface Shells {
  /** Starts a program in the container of a job's shell; undefined where there is none now. */
  start(jobId: string, program: Pick<Program, 'command' | 'terminal'>): Promise<Running | undefined>
  /** Kills what runs in them. */
  close(): Promise<void>
}

interface Held {
  readonly door: Door
  /** Whose key opens it: the service copies the key when the job is created. */
  readonly publicKey: string | undefined
  open?: { readonly ending: AbortController; readonly shell: Promise<Shell | undefined> }
}

/**
 * Opens a shell while a job waits for its user, behind the door that its record names, and moves the job on when its
 * user is done. Jobs that are there already get doors, too, unless their records say that they are elsewhere.
 */
export async function createShells(
  { state, jobs }: { state: State; jobs: JobClock },
  doors: Doors,
  { isolation, terminals }: ShellsOptions = {},
): Promise<Shells> {
  const held = new Map<string, Held>()
  const closing = new Set<Promise<unknown>>()
  const finish = (task: Promise<unknown>): void => {
    closing.add(task)
    void task.finally(() => closing.delete(task))
  }

  function follow(job: Job, status: JobStatus | undefined): void {
    const door = job.mock?.sshPort === undefined ? undefined : doors.at(job.mock.sshPort)
    if (door && !held.has(job.id)) held.set(job.id, { door, publicKey: keyOf(state, job) })
    const one = held.get(job.id)
    if (!one) return
    if (status === 'waiting_on_user') return open(job, one)
    shut(one)
    if (status !== undefined && !hasEnded({ status })) return
    held.delete(job.id)
    finish(one.door.close())
  }

  function open(job: Job, one: Held): void {
    if (one.open) return
    const ending = new AbortController()
    const start = async (): Promise<Shell | undefined> => {
      await wait((job.mock?.sshDelay ?? 0) * 1000, undefined, { signal: ending.signal })
      const { openShell } = await import('./shell.ts')
      const done = (signal: 'complete' | 'failed') => void jobs.signal(job.id, signal)
      const shell = await openShell(job, { publicKey: one.publicKey, hostname: podName(job), isolation, terminals, look, done })
      if (!ending.signal.aborted) one.door.open(shell.admit)
      return shell
    }
    const shell = start().catch((error: Error) => {
      // The job waits in vain then, as it does on a real system that is broken.
      if (!ending.signal.aborted) process.emitWarning(error)
      return undefined
    })
    one.open = { ending, shell }
  }

  function shut(one: Held): void {
    one.door.shut()
    if (!one.open) return
    one.open.ending.abort()
    finish(one.open.shell.then((shell) => shell?.close()))
    one.open = undefined
  }

  const stop = jobs.watch(({ job, to }) => follow(job, to))
  for (const job of [...state.jobs.values()]) {
    if (hasEnded(job) || !isOurs(job)) continue
    const door = await doors.hold(job.mock!.sshPort)
    job.mock!.sshPort = door.port
    job.ssh_containers = job.ssh_containers!.map((container) => reachable(job.id, container, door.port))
    state.jobs.set(job.id, job)
    follow(job, job.status)
  }
  return {
    start: async (jobId, program) => (await held.get(jobId)?.open?.shell)?.start(program),
    async close() {
      stop()
      held.forEach(shut)
      await Promise.all(closing)
    },
  }
}

function keyOf(state: State, { public_key_id: id }: Job): string | undefined {
  return (state.publicKeys.get(id) ?? state.deletedPublicKeys.get(id))?.public_key
}

// A job of a seed may be on another system; one that names no other is here.
function isOurs(job: Job): boolean {
  const [container] = job.ssh_containers ?? []
  if (!container) return false
  const at = (one: typeof container) => one.connection_info.customer_access?.host
  return job.mock?.sshPort !== undefined || at(container) === at(reachable(job.id, container))
}
