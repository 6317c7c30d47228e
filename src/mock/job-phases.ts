import type { JobStatus } from '../ims/records.ts'
import type { endings } from '../definitions/endings.ts'

export type Ending = (typeof endings)[number]

/** What a user touches in a shell to say that he is done. */
export type Signal = 'complete' | 'failed'

/** What of a job decides which statuses it passes through. */
export interface Course {
  readonly type: 'create' | 'customize'
  readonly ends: Ending
  readonly debug: boolean
  /** Waits for repositories before it builds; packer doesn't. */
  readonly waitsForRepos: boolean
  /** Set when the user of its shell is done. */
  readonly signal?: Signal
}

/** One leg of a job's way. */
export interface Step {
  readonly status: JobStatus
  /** How long it takes; Infinity where nothing but a user or a deletion ends it. */
  readonly seconds: number
  /** The container of this step ends with this code, and nobody sets another status. */
  readonly dies?: number
  /** The resultant image exists from here on. */
  readonly result?: true
}

/** How long things take on a real system, in seconds. */
const takes = {
  creating: 20,
  fetchingRecipe: 10,
  /** Twenty tries. */
  failingFetch: 200,
  fetchingImage: 150,
  waitingForRepos: 15,
  waitingForDeadRepos: 500,
  findingNoRepos: 2,
  building: 14 * 60,
  failingBuild: 6 * 60,
  packaging: 5 * 60,
  failingPackaging: 60,
  finishing: 10,
}

/** The code of a process that was killed, as the kernel does when memory runs out. */
export const outOfMemory = 137

const creating: Step = { status: 'creating', seconds: takes.creating }
const error: Step = { status: 'error', seconds: Infinity }
const waiting: Step = { status: 'waiting_on_user', seconds: Infinity }

const packaged: readonly Step[] = [
  { status: 'packaging_artifacts', seconds: takes.packaging },
  { status: 'packaging_artifacts', seconds: takes.finishing, result: true },
  { status: 'success', seconds: Infinity },
]
const notPackaged: readonly Step[] = [{ status: 'packaging_artifacts', seconds: takes.failingPackaging }, error]

/** The way of a job; when its user has given a signal, what is left of it from there. */
export function stepsOf(course: Course): readonly Step[] {
  if (course.type === 'create') return course.signal ? [error] : buildSteps(course)
  if (course.signal) return course.signal === 'failed' ? [error] : outcome(course.ends)
  return [creating, ...fetched(course.ends, { status: 'fetching_image', seconds: takes.fetchingImage }, [waiting])]
}

function buildSteps({ ends, debug, waitsForRepos }: Course): readonly Step[] {
  const recipe: Step = { status: 'fetching_recipe', seconds: takes.fetchingRecipe }
  if (ends === 'fetch-fails') return [creating, { ...recipe, seconds: takes.failingFetch }, error]
  if (ends === 'fetch-crashes') return [creating, recipe, error]
  const repos = (seconds: number): Step => ({ status: 'waiting_for_repos', seconds })
  if (waitsForRepos) {
    if (ends === 'no-config') return [creating, recipe, { ...repos(Infinity), dies: 1 }]
    if (ends === 'no-repos') return [creating, recipe, repos(takes.findingNoRepos), error]
    if (ends === 'repos-fail') return [creating, recipe, repos(takes.waitingForDeadRepos), error]
  }
  const before = [creating, recipe, ...(waitsForRepos ? [repos(takes.waitingForRepos)] : [])]
  const building = (seconds: number): Step => ({ status: 'building_image', seconds })
  if (ends === 'hangs') return [...before, building(Infinity)]
  if (ends === 'killed') return [...before, { ...building(Infinity), dies: outOfMemory }]
  if (ends === 'fails' || ends === 'out-of-memory') return [...before, building(takes.failingBuild), debug ? waiting : error]
  return [...before, building(takes.building), ...outcome(ends)]
}

function fetched(ends: Ending, fetching: Step, then: readonly Step[]): readonly Step[] {
  if (ends === 'hangs') return [{ ...fetching, seconds: Infinity }]
  if (ends === 'killed') return [{ ...fetching, seconds: Infinity, dies: outOfMemory }]
  if (ends === 'fetch-fails') return [{ ...fetching, seconds: takes.failingFetch }, error]
  return [fetching, ...(ends === 'fetch-crashes' ? [error] : then)]
}

function outcome(ends: Ending): readonly Step[] {
  return ends === 'fails' || ends === 'packaging-fails' || ends === 'no-kernel' ? notPackaged : packaged
}
