import type { Job, JobStatus } from './records.ts'

/** Statuses that a job doesn't leave. */
export const ended: ReadonlySet<string> = new Set<JobStatus>(['success', 'error'])

/** How far a job is. */
export type Stage = 'running' | 'waiting' | 'success' | 'error'

/** How far a job is, by its status. */
export function stageOf({ status }: Pick<Job, 'status'>): Stage {
  if (status === 'success' || status === 'error') return status
  return status === 'waiting_on_user' ? 'waiting' : 'running'
}

/**
 * Whether a job's shell may open, from what its record says: a customize job always gets to it, a create job only
 * when its build fails with debug on; a job that packages is past it. Source: the service's job templates;
 * `enable_debug` of a customize job is ignored there.
 */
export function shellAvailability(job: Pick<Job, 'status' | 'job_type' | 'enable_debug'>): 'open' | 'may come' | 'never' {
  const stage = stageOf(job)
  if (stage === 'waiting') return 'open'
  if (stage !== 'running' || job.status === 'packaging_artifacts') return 'never'
  return job.job_type === 'customize' || job.enable_debug ? 'may come' : 'never'
}

/** Where things are in a job's shell. */
export interface ContainerPaths {
  /** The image's root; none where nothing was copied back. */
  imageRoot: string | undefined
  log: string | undefined
  /** Touching it ends the wait and keeps the result. */
  complete: string
  /** Touching it ends the wait and throws the result away. */
  failed: string
}

/** Where things are in the shell of a job. Source: the service's SSH image and its build images. */
export function containerPaths(job: Pick<Job, 'job_type' | 'remote_build_node'>, jailed: boolean): ContainerPaths {
  const signals = jailed ? '/tmp' : '/mnt/image'
  const files = { complete: `${signals}/complete`, failed: `${signals}/failed` }
  if (job.job_type === 'customize') return { imageRoot: jailed ? '/' : '/mnt/image/image-root', log: undefined, ...files }
  // A remote build that failed copies nothing back.
  if (job.remote_build_node) return { imageRoot: undefined, log: undefined, ...files }
  return { imageRoot: '/mnt/image/build/image-root', log: '/mnt/image/kiwi.log', ...files }
}

/** The statuses of a job that succeeds, in order. Source: the service's job templates. */
const statusOrder: Readonly<Record<Job['job_type'], readonly JobStatus[]>> = {
  create: ['creating', 'fetching_recipe', 'waiting_for_repos', 'building_image', 'packaging_artifacts', 'success'],
  customize: ['creating', 'fetching_image', 'waiting_on_user', 'packaging_artifacts', 'success'],
}

const minute = 60_000

/**
 * How long a job is in a status at most, in milliseconds. Source: the scripts of the service's job containers: a recipe is fetched
 * 20 times, 10 s apart; repositories are waited for 500 s. The others are what no build or copy of gigabytes takes.
 */
const longest: Readonly<Partial<Record<JobStatus, number>>> = {
  creating: 15 * minute,
  fetching_recipe: 15 * minute,
  waiting_for_repos: 15 * minute,
  building_image: 240 * minute,
  fetching_image: 60 * minute,
  packaging_artifacts: 120 * minute,
}

/** How long no job is in a status, alone and from its creation to the end of it, in milliseconds; undefined where it may last for ever. */
export function longestIn(status: JobStatus): { alone: number; sinceCreation: number } | undefined {
  const alone = longest[status]
  if (alone === undefined) return undefined
  const ways = Object.values(statusOrder)
    .filter((course) => course.includes(status))
    .map((course) => course.slice(0, course.indexOf(status) + 1))
  // After a shell, which lasts as long as its user likes, age tells nothing.
  const sums = ways.map((way) => way.reduce((sum, one) => sum + (longest[one] ?? Infinity), 0))
  return { alone, sinceCreation: Math.max(...sums) }
}

/**
 * Whether a job has reached a status, still may, or can't any more. One that it passed between two looks counts as
 * reached.
 */
export function hasReached(job: Pick<Job, 'status' | 'job_type' | 'enable_debug'>, wanted: JobStatus): 'yes' | 'may' | 'no' {
  if (job.status === wanted) return 'yes'
  const course = statusOrder[job.job_type]
  const [at, goal] = [course.indexOf(job.status), course.indexOf(wanted)]
  if (goal >= 0 && at > goal) return 'yes'
  const stage = stageOf(job)
  if (stage === 'success' || stage === 'error') return 'no'
  // A create job that waits on its user has been up to its build, which failed: whatever is done, it ends in error.
  if (job.job_type === 'create' && stage === 'waiting') {
    if (wanted === 'error') return 'may'
    return goal >= 0 && goal <= course.indexOf('building_image') ? 'yes' : 'no'
  }
  if (wanted === 'waiting_on_user') return shellAvailability(job) === 'may come' ? 'may' : 'no'
  return wanted === 'error' || goal >= 0 ? 'may' : 'no'
}
