import { CliError } from '../errors.ts'
import { readFile } from '../files/read-file.ts'
import { reasonOf } from '../files/reason.ts'
import { newImage } from './images.ts'
import type { Clock } from './job-clock.ts'
import { jobStatuses } from '../service/job-statuses.ts'
import { isObject } from '../json/is-object.ts'
import { containersOf, newJob, reachable } from './jobs.ts'
import { newRecipe } from './recipes.ts'
import { servedFields, timeText, type Job, type Records, type SshContainer } from './records.ts'
import { requestFields } from './request-fields.ts'
import { errorsIn, type Errors, type Fields } from './validation.ts'
import { endings } from '../definitions/endings.ts'
import { pastedWords } from '../text/shell-words.ts'

/** Records to start with. What is left out of one gets the service's default: an id, a time, an arch. */
export type Seed = {
  readonly [Kind in keyof Records]?: Records[Kind] extends string[] ? readonly string[] : readonly Partial<Records[Kind][number]>[]
}

type Data = Record<string, unknown>

/**
 * A seed or state file.
 * @throws CliError when it can't be read, or isn't JSON
 */
export function readSeedFile(path: string): Seed {
  try {
    return JSON.parse(readFile(path, 'records').bytes.toString()) as Seed
  } catch (cause) {
    throw new CliError(`Can't read the records in ${path}`, { more: [reasonOf(cause)], next: pastedWords(['ls', '-l', path]), cause })
  }
}

/**
 * All records of a seed, complete. Kinds that it doesn't name are empty.
 * @throws CliError that names the first record and field that is wrong
 */
export function completeRecords(seed: Seed, made: { clock: Pick<Clock, 'now'>; newId: () => string }): Records {
  if (!isObject(seed)) throw wrong('', 'not an object with lists of records')
  const unknown = Object.keys(seed).find((kind) => !Object.hasOwn(empty, kind))
  if (unknown !== undefined) throw wrong(unknown, `not one of ${Object.keys(empty).join(', ')}`)
  const now = made.clock.now()

  const all = <R>(kind: keyof Records, fields: Fields, make: (data: Data, id: string, created: string) => R): R[] =>
    listOf(seed, kind).map((data, index) => {
      check(`${kind}[${index}]`, data, fields, kind)
      const id = typeof data.id === 'string' ? data.id : made.newId()
      const record = make(data, id, typeof data.created === 'string' ? data.created : timeText(now))
      const deleted = kind.startsWith('deleted_') && { deleted: data.deleted ?? timeText(now) }
      return { ...record, ...deleted, ...(data.mock !== undefined && { mock: data.mock }) }
    })

  const { createPublicKey, createRecipe, createImage, createRemoteBuildNode, createJob } = requestFields
  const publicKey = ({ name, public_key }: Data, id: string, created: string) => ({ name, public_key, id, created })
  return structuredClone({
    public_keys: all('public_keys', createPublicKey, publicKey),
    recipes: all('recipes', createRecipe, newRecipe),
    images: all('images', createImage, newImage),
    jobs: all('jobs', createJob, (data, id, created) => seededJob(data, id, created, now)),
    remote_build_nodes: all('remote_build_nodes', createRemoteBuildNode, ({ xname }) => ({ xname })),
    deleted_public_keys: all('deleted_public_keys', createPublicKey, publicKey),
    deleted_recipes: all('deleted_recipes', createRecipe, newRecipe),
    deleted_images: all('deleted_images', createImage, newImage),
    missing_artifacts: seed.missing_artifacts ?? [],
  }) as Records
}

const empty: Record<keyof Records, true> = {
  public_keys: true,
  recipes: true,
  images: true,
  jobs: true,
  remote_build_nodes: true,
  deleted_public_keys: true,
  deleted_recipes: true,
  deleted_images: true,
  missing_artifacts: true,
}

function wrong(where: string, why: string): CliError {
  return new CliError(`Wrong seed: ${where === '' ? '' : `${where}: `}${why}`)
}

function listOf(seed: Seed, kind: keyof Records): Data[] {
  const list: unknown = seed[kind] ?? []
  if (!Array.isArray(list)) throw wrong(kind, 'not a list')
  return list as Data[]
}

// What a request may give is checked as a request is; the rest is the service's own.
function check(where: string, data: unknown, fields: Fields, kind: keyof Records): void {
  if (!isObject(data)) throw wrong(where, 'not an object')
  const own = new Set<string>([...servedFields[kind.replace('deleted_', '') as keyof typeof servedFields], 'deleted', 'mock'])
  const sent = Object.entries(data).filter(([name]) => name !== 'ssh_containers' && (name in fields || !own.has(name)))
  const error = firstError(errorsIn(fields, Object.fromEntries(sent)))
  if (error) throw wrong(`${where}${error.path}`, error.text)
  if (data.status !== undefined && !jobStatuses.some((status) => status === data.status)) {
    throw wrong(`${where}.status`, `not one of ${jobStatuses.join(', ')}`)
  }
  const builds = isObject(data.mock) ? data.mock.builds : undefined
  if (builds !== undefined && !endings.some((ending) => ending === builds)) {
    throw wrong(`${where}.mock.builds`, `not one of ${endings.join(', ')}`)
  }
  const delay = isObject(data.mock) ? data.mock.sshDelay : undefined
  if (delay !== undefined && !(typeof delay === 'number' && delay >= 0)) throw wrong(`${where}.mock.sshDelay`, 'not a number of seconds')
}

function firstError(errors: Errors | undefined): { path: string; text: string } | undefined {
  const [entry] = Object.entries(errors ?? {})
  if (!entry) return undefined
  const [name, inside] = entry
  if (Array.isArray(inside)) return { path: `.${name}`, text: inside[0]! }
  const deeper = firstError(inside)
  return deeper && { path: `.${name}${deeper.path}`, text: deeper.text }
}

// The clock finds out by its status where on its way such a job is.
function seededJob(data: Data, id: string, created: string, now: number): Job {
  const job = data as unknown as Partial<Job>
  const artifact = newImage({ name: '', arch: job.arch }, '', '')
  const { mock: _, ...complete } = newJob(artifact, {
    ...data,
    id,
    now,
    artifact_id: job.artifact_id!,
    public_key_id: job.public_key_id!,
    job_type: job.job_type!,
    enable_debug: job.enable_debug ?? false,
    ssh_containers: null,
    remote_build_node: '',
    builds: 'succeeds',
  })
  const given = Object.entries(data).filter(([name]) => (servedFields.jobs as readonly string[]).includes(name))
  return { ...complete, ...Object.fromEntries(given), ssh_containers: seededContainers(complete, job.ssh_containers), created }
}

// Where they are reached may be left out.
function seededContainers({ id, job_type, enable_debug }: Job, given: Partial<SshContainer>[] | null | undefined): SshContainer[] | null {
  const containers = given === undefined ? containersOf(job_type, enable_debug, null) : given
  return containers && containers.map((container) => ({ ...reachable(id, container), ...container }))
}
