import type { JobChange } from '../job-clock.ts'
import type { JobStatus } from '../../ims/records.ts'
import { stepsOf } from '../job-phases.ts'
import { timeOf, type Job } from '../records.ts'

/** When a job came into a status, in milliseconds since 1970. */
export interface Visit {
  readonly status: JobStatus
  readonly at: number
}

/** The statuses of a job, from the first to the one it is in. */
export type History = readonly Visit[]

/** The jobs that there are pods for. */
export interface JobsView {
  /** Those there are now. */
  all(): Iterable<Job>
  /** Moves them as far as they should be by now. */
  advance(): void
  /** What a job was given in its config map; nothing where it isn't known. */
  given?(job: Job): Readonly<Record<string, string>>
  /** Calls a function at each change of a job's status; what it returns ends that. */
  watch(listener: (change: JobChange) => void): () => void
}

/** What is remembered of jobs. */
export interface Histories {
  of(job: Job): History
  close(): void
}

/** Remembers the statuses of jobs from now on; of those that are there already it makes the past up. */
export function createHistories(jobs: JobsView, now: () => number): Histories {
  const known = new Map<string, Visit[]>()
  for (const job of jobs.all()) known.set(job.id, pastOf(job))

  const close = jobs.watch(({ job, to }) => {
    if (to === undefined) return void known.delete(job.id)
    // A status that was set by hand doesn't change what the clock knows.
    const at = job.mock && !job.mock.held ? job.mock.since : now()
    const visits = known.get(job.id)
    if (visits) visits.push({ status: to, at })
    else known.set(job.id, [{ status: to, at }])
  })
  return {
    of(job) {
      let visits = known.get(job.id)
      if (!visits) known.set(job.id, (visits = pastOf(job)))
      return visits
    },
    close,
  }
}

/** The way that a job must have come, as evenly as its record leaves open. */
export function pastOf(job: Job): Visit[] {
  const created = timeOf(job.created)
  if (!job.mock) return [{ status: job.status, at: created }]
  const { signal, at, since, held, ...course } = job.mock
  const way = stepsOf(course).map(({ status }) => status)
  const passed = signal
    ? [
        ...way,
        ...stepsOf(job.mock)
          .slice(0, at)
          .map(({ status }) => status),
      ]
    : way.slice(0, at + (held ? 1 : 0))
  const before = passed.filter((status, index) => status !== passed[index - 1] && status !== job.status)
  const gap = Math.max(since - created, 0) / Math.max(before.length, 1)
  return [...before.map((status, index) => ({ status, at: created + index * gap })), { status: job.status, at: since }]
}
