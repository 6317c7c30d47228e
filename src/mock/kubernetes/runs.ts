import type { JobStatus } from '../../ims/records.ts'
import { outOfMemory, stepsOf } from '../job-phases.ts'
import type { Job } from '../records.ts'
import type { History } from './history.ts'

/** How a container of a job's pod runs. */
export interface Run {
  readonly name: string
  readonly init: boolean
  /** Milliseconds since 1970; undefined when it hasn't started. */
  readonly start: number | undefined
  /** Undefined while it runs. */
  readonly end: number | undefined
  /** When it will end, where that is known and nothing else changes then. */
  readonly due?: number
  /** Something in it was killed for its memory; its script may still have ended with 0. */
  readonly killed?: boolean
  readonly exitCode: number | undefined
  /** Whether its work went wrong: build-image then ends with 0 all the same. */
  readonly failed: boolean
}

/** Containers that run while a job is in a status, one after another; main for those that run at the end. */
interface Stage {
  readonly status: JobStatus | 'main'
  readonly containers: readonly string[]
}

const main: Stage = { status: 'main', containers: ['buildenv-sidecar', 'sshd'] }

/** The containers of a job's pod, in the order they run. Source: the service's job templates. */
function stages({ job_type, mock }: Job): readonly Stage[] {
  if (job_type === 'customize') return [{ status: 'fetching_image', containers: ['prepare'] }, main]
  const fetching: Stage = { status: 'fetching_recipe', containers: ['fetch-recipe'] }
  if (mock && !mock.waitsForRepos) return [fetching, { status: 'building_image', containers: ['build-image'] }, main]
  return [
    fetching,
    { status: 'waiting_for_repos', containers: ['wait-for-repos'] },
    { status: 'building_image', containers: ['build-ca-rpm', 'build-image'] },
    main,
  ]
}

const mainStatuses: ReadonlySet<JobStatus> = new Set<JobStatus>(['waiting_on_user', 'packaging_artifacts', 'success'])

/** How long making the package of certificates takes, in milliseconds. */
const caTakes = 2000
/** How long a container runs that dies, in milliseconds. */
const dyingTakes = 3000

/** The code that the container of a job's step dies with, while its status stays. */
function diesWith({ mock }: Job): number | undefined {
  return mock && !mock.held ? stepsOf(mock)[mock.at]?.dies : undefined
}

/** Whether a job hangs: nothing but its deletion ends the status that it is in. */
export function hangs(job: Job): boolean {
  if (!job.mock || job.mock.held || job.mock.ends !== 'hangs') return false
  const step = stepsOf(job.mock)[job.mock.at]
  return step?.seconds === Infinity && step.status !== 'waiting_on_user' && step.status !== 'success' && step.status !== 'error'
}

/**
 * How the containers of a job's pod have run, in their order.
 *
 * @param speed how many times faster than real time passes
 */
export function runsOf(job: Job, history: History, now: number, speed: number): Run[] {
  const all = stages(job)
  const rankOf = (status: JobStatus): number =>
    mainStatuses.has(status) ? all.length - 1 : all.findIndex((stage) => stage.status === status)
  const cameTo = (rank: number): number | undefined => history.find(({ status }) => rankOf(status) >= rank)?.at
  const over = history.find(({ status }) => status === 'error' || status === 'success')
  const wrong = over?.status === 'error'
  const reached = Math.max(...history.map(({ status }) => rankOf(status)))
  const built = all[reached]?.status === 'building_image'
  // What fails before or in a fetch ends the pod; what fails in a build is left to the containers that come after it.
  const fatal = wrong && !built && reached < all.length - 1 ? Math.max(reached, 0) : undefined
  const startOf = (rank: number): number | undefined => {
    if (fatal !== undefined) return rank < fatal ? cameTo(rank) : rank === fatal ? (cameTo(rank) ?? over!.at) : undefined
    return cameTo(rank) ?? (built && rank === all.length - 1 ? over?.at : undefined)
  }
  const code = diesWith(job)
  const memory = job.job_type === 'create' && job.mock?.ends === 'out-of-memory'
  const buildFailed = job.job_type === 'create' && ((wrong && built) || history.some(({ status }) => status === 'waiting_on_user'))

  return all.flatMap((stage, rank): Run[] => {
    const start = startOf(rank)
    if (stage === main) return mainRuns(start, history, over, wrong)
    const end = startOf(rank + 1) ?? over?.at
    const failed = rank === fatal || (buildFailed && stage.status === 'building_image')
    const [first, second] = stage.containers
    const run = (name: string, from: number | undefined, to: number | undefined, went: boolean): Run => ({
      name,
      init: true,
      start: from,
      end: from === undefined ? undefined : to,
      exitCode: from === undefined || to === undefined ? undefined : Number(rank === fatal),
      failed: went,
    })
    if (second === undefined) return [dying(rank, run(first!, start, end, failed))]
    const between = start === undefined ? undefined : Math.min(start + caTakes / speed, end ?? Infinity)
    const begun = between !== undefined && between <= now
    const started = begun ? between : undefined
    const build = run(second, started, end, failed)
    return [{ ...run(first!, start, started, false), due: between }, dying(rank, failed && memory ? { ...build, killed: true } : build)]
  })

  // It has ended for good as soon as it is due.
  function dying(rank: number, one: Run): Run {
    if (code === undefined || rank !== reached || one.start === undefined) return one
    const due = one.start + dyingTakes / speed
    const over = due <= now
    return { ...one, due, end: over ? due : undefined, exitCode: over ? code : undefined, failed: true, killed: code === outOfMemory }
  }
}

function mainRuns(start: number | undefined, history: History, over: { at: number } | undefined, wrong: boolean): Run[] {
  const waited = history.findIndex(({ status }) => status === 'waiting_on_user')
  // Without a user to wait for, the SSH server isn't needed.
  const shut = waited < 0 ? start : history[waited + 1]?.at
  const run = (name: string, end: number | undefined, exitCode: number): Run => ({
    name,
    init: false,
    start,
    end: start === undefined ? undefined : end,
    exitCode: start === undefined || end === undefined ? undefined : exitCode,
    failed: exitCode !== 0,
  })
  return [run('buildenv-sidecar', over?.at, Number(wrong)), run('sshd', shut, 0)]
}
