import type { Job, JobStatus } from './records.ts'

/** How far a job is. */
export type Stage = 'running' | 'waiting' | 'success' | 'error'

interface StatusDefinition {
  readonly stage: Stage
  /** The types of job that pass through it when they succeed. */
  readonly passedBy: readonly Job['job_type'][]
  /** What a person calls it; a status without one counts to what comes next. */
  readonly label: string | undefined
  /**
   * The longest that a job is in it, in milliseconds; undefined where it may last for ever. Source: the scripts of the
   * service's job containers: a recipe is fetched 20 times, 10 s apart; repositories are waited for 500 s. The others are
   * what no build or copy of gigabytes takes.
   */
  readonly longest: number | undefined
  /** What is done to the image in it. */
  readonly work?: 'build' | 'package'
}

const minute = 60_000

/** All statuses, in the order that jobs pass through them. Source: the service's job templates. */
const statuses = {
  creating: { stage: 'running', passedBy: ['create', 'customize'], label: undefined, longest: 15 * minute },
  fetching_image: { stage: 'running', passedBy: ['customize'], label: 'image', longest: 60 * minute },
  fetching_recipe: { stage: 'running', passedBy: ['create'], label: 'recipe', longest: 15 * minute },
  waiting_for_repos: { stage: 'running', passedBy: ['create'], label: 'repos', longest: 15 * minute },
  building_image: { stage: 'running', passedBy: ['create'], label: 'build', longest: 240 * minute, work: 'build' },
  waiting_on_user: { stage: 'waiting', passedBy: ['customize'], label: 'shell', longest: undefined },
  packaging_artifacts: { stage: 'running', passedBy: ['create', 'customize'], label: 'package', longest: 120 * minute, work: 'package' },
  success: { stage: 'success', passedBy: ['create', 'customize'], label: undefined, longest: undefined },
  error: { stage: 'error', passedBy: [], label: undefined, longest: undefined },
} as const satisfies Readonly<Record<JobStatus, StatusDefinition>>

/** What is known of a status; undefined for one that a newer service may send. */
const definitionOf = (status: string): StatusDefinition | undefined =>
  Object.hasOwn(statuses, status) ? statuses[status as JobStatus] : undefined

/** The status of a job that waits on its user. */
export const waitingStatus = 'waiting_on_user' satisfies JobStatus

/** How far a job is, by its status; one that isn't known is of a job that runs. */
export function stageOf({ status }: { readonly status: string }): Stage {
  return definitionOf(status)?.stage ?? 'running'
}

/** Whether a job has ended: it doesn't leave its status any more. */
export function hasEnded(job: { readonly status: string }): boolean {
  const stage = stageOf(job)
  return stage === 'success' || stage === 'error'
}

/** What is done to a job's image in a status; undefined where that is neither built nor packaged. */
export function workIn(status: string): 'build' | 'package' | undefined {
  return definitionOf(status)?.work
}

/** What a person calls a status; undefined for one that counts to what comes next. */
export function statusLabel(status: string): string | undefined {
  return definitionOf(status)?.label
}

/**
 * Whether a job's shell may open, from what its record says: a customize job always gets to it, a create job only
 * when its build fails with debug on; a job that packages is past it. Source: the service's job templates;
 * `enable_debug` of a customize job is ignored there.
 */
export function shellAvailability(job: Pick<Job, 'status' | 'job_type' | 'enable_debug'>): 'open' | 'may come' | 'never' {
  const stage = stageOf(job)
  if (stage === 'waiting') return 'open'
  if (stage !== 'running' || workIn(job.status) === 'package') return 'never'
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

/** The statuses of a job that succeeds, in order. */
const courseOf = (type: Job['job_type']): readonly JobStatus[] =>
  (Object.keys(statuses) as JobStatus[]).filter((status) => definitionOf(status)!.passedBy.includes(type))

/** How long no job is in a status, alone and from its creation to the end of it, in milliseconds; undefined where it may last for ever. */
export function longestIn(status: JobStatus): { alone: number; sinceCreation: number } | undefined {
  const alone = definitionOf(status)?.longest
  if (alone === undefined) return undefined
  const ways = (['create', 'customize'] as const)
    .map(courseOf)
    .filter((course) => course.includes(status))
    .map((course) => course.slice(0, course.indexOf(status) + 1))
  // After a shell, which lasts as long as its user likes, age tells nothing.
  const sums = ways.map((way) => way.reduce((sum, one) => sum + (definitionOf(one)?.longest ?? Infinity), 0))
  return { alone, sinceCreation: Math.max(...sums) }
}

/**
 * Whether a job has reached a status, still may, or can't any more. One that it passed between two looks counts as
 * reached.
 */
export function hasReached(job: Pick<Job, 'status' | 'job_type' | 'enable_debug'>, wanted: JobStatus): 'yes' | 'may' | 'no' {
  if (job.status === wanted) return 'yes'
  const course = courseOf(job.job_type)
  const [at, goal] = [course.indexOf(job.status), course.indexOf(wanted)]
  if (goal >= 0 && at > goal) return 'yes'
  const stage = stageOf(job)
  if (hasEnded(job)) return 'no'
  // A create job that waits on its user has been up to its build, which failed: whatever is done, it ends in error.
  if (job.job_type === 'create' && stage === 'waiting') {
    if (wanted === 'error') return 'may'
    return goal >= 0 && goal <= course.findIndex((status) => workIn(status) === 'build') ? 'yes' : 'no'
  }
  if (wanted === waitingStatus) return shellAvailability(job) === 'may come' ? 'may' : 'no'
  return wanted === 'error' || goal >= 0 ? 'may' : 'no'
}
