import { setTimeout as wait } from 'node:timers/promises'
import type { JobStatus } from '../ims/records.ts'
import { stepsOf, type Signal, type Step } from './job-phases.ts'
import type { Job, Progress } from './records.ts'
import type { State } from './state.ts'

/** The time that a mock goes by. Tests give it another. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after so many milliseconds; rejects when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** The machine's own time; waiting for it keeps no process alive. */
export const wallClock: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal, ref: false }),
}

/** How fast jobs run: so many times real time, or one step each time a job is described. */
export type Speed = number | 'step'

/** A job came into a status (`to`), or from one (`from`); created without the one, deleted without the other. */
export interface JobChange {
  readonly job: Job
  readonly from: JobStatus | undefined
  readonly to: JobStatus | undefined
}

/** Moves jobs through their statuses. */
export interface JobClock {
  /** Takes in a job that was just created. */
  start(job: Job): void
  /** Moves every job as far as it should be by now. */
  advance(): void
  /** A job was described: with speed `step` it moves on. */
  described(job: Job): void
  /** The user of a job's shell is done; false when the job isn't waiting for a user. */
  signal(jobId: string, signal: Signal): boolean
  /** Sets a status from outside; from then on the clock leaves the job alone. */
  hold(job: Job, status: JobStatus): void
  /** A job was deleted. */
  gone(job: Job): void
  /** Calls a function at each change of a job's status; what it returns ends that. */
  watch(listener: (change: JobChange) => void): () => void
  close(): void
}

const longestTimer = 2 ** 31 - 1

/**
 * A clock for the jobs of a state. Jobs that are there already go on from the status they are in.
 *
 * @param produce makes the resultant image of a job, at a time, and gives its id
 */
export function createJobClock(
  state: State,
  { clock, speed, produce }: { clock: Clock; speed: Speed; produce: (job: Job, time: number) => string },
): JobClock {
  const listeners = new Set<(change: JobChange) => void>()
  const moving = new Set<Job>()
  let nextDue = Infinity
  let timer: AbortController | undefined

  const nextStep = (progress: Progress): Step => stepsOf(progress)[progress.at]!
  const dueAt = (job: Job): number => (speed === 'step' ? Infinity : job.mock!.since + (nextStep(job.mock!).seconds * 1000) / speed)

  function change(job: Job, status: JobStatus): void {
    const from = job.status
    job.status = status
    state.jobs.set(job.id, job)
    if (from !== status) listeners.forEach((listener) => listener({ job, from, to: status }))
  }

  function move(job: Job, progress: Progress): void {
    const step = nextStep(progress)
    job.mock = progress
    if (step.result) job.resultant_image_id = produce(job, progress.since)
    if (step.seconds === Infinity) moving.delete(job)
    else moving.add(job)
    change(job, step.status)
  }

  const next = (job: Job, since: number): void => move(job, { ...job.mock!, at: job.mock!.at + 1, since })

  function arm(): void {
    timer?.abort()
    timer = undefined
    nextDue = Math.min(Infinity, ...Array.from(moving, dueAt))
    if (nextDue === Infinity) return
    timer = new AbortController()
    const rest = Math.min(Math.max(nextDue - clock.now(), 0), longestTimer)
    // A timer may ring a little early, and one that was cut to what timers can count always does.
    clock.sleep(rest, timer.signal).then(
      () => (nextDue > clock.now() ? arm() : advance()),
      () => {},
    )
  }

  function advance(): void {
    const now = clock.now()
    if (nextDue > now) return
    for (const job of [...moving]) {
      for (let due = dueAt(job); due <= now; due = dueAt(job)) next(job, due)
    }
    arm()
  }

  for (const job of state.jobs.values()) {
    job.mock ??= adopted(job, state, clock.now())
    if (!job.mock.held && nextStep(job.mock).seconds !== Infinity) moving.add(job)
  }
  arm()
  advance()

  return {
    advance,
    start(job) {
      moving.add(job)
      state.jobs.set(job.id, job)
      listeners.forEach((listener) => listener({ job, from: undefined, to: job.status }))
      arm()
    },
    described(job) {
      if (speed === 'step' && moving.has(job)) next(job, clock.now())
    },
    signal(jobId, signal) {
      const job = state.jobs.get(jobId)
      if (job?.status !== 'waiting_on_user') return false
      const { held: _, ...course } = job.mock!
      move(job, { ...course, signal, at: 0, since: clock.now() })
      arm()
      return true
    },
    hold(job, status) {
      moving.delete(job)
      job.mock = { ...job.mock!, held: true }
      change(job, status)
      arm()
    },
    gone(job) {
      moving.delete(job)
      listeners.forEach((listener) => listener({ job, from: job.status, to: undefined }))
      arm()
    },
    watch(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      timer?.abort()
      moving.clear()
      listeners.clear()
    },
  }
}

// A job of a seed says where it is by its status alone.
function adopted(job: Job, state: State, now: number): Progress {
  const recipe = state.recipes.get(job.artifact_id)
  const { builds = 'succeeds', sshDelay } = (recipe ?? state.images.get(job.artifact_id))?.mock ?? {}
  const course = {
    type: job.job_type,
    ends: builds,
    debug: job.enable_debug,
    waitsForRepos: recipe?.recipe_type !== 'packer',
    ...(sshDelay !== undefined && { sshDelay }),
  } as const
  for (const way of [course, { ...course, signal: 'complete' as const }]) {
    const at = stepsOf(way).findIndex((step) => step.status === job.status)
    if (at >= 0) return { ...way, at, since: now }
  }
  return { ...course, at: 0, since: now, held: true }
}
