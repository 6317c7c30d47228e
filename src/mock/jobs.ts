import { found, nothing, plain, type Call } from './answer.ts'
import { demandArtifact } from './artifacts.ts'
import { given, reading, removing, type Handlers, type Site } from './handlers.ts'
import { jobStatuses } from '../service/job-statuses.ts'
import type { JobStatus } from '../ims/records.ts'
import { type Ending } from './job-phases.ts'
import { isObject } from '../json/is-object.ts'
import { crashed, notFound, problem, Refused } from './problem.ts'
import { timeOf, timeText, type Image, type Job, type Recipe, type SshContainer } from './records.ts'
import { nodeFor } from './remote-build-nodes.ts'
import { requestFields } from './request-fields.ts'
import { recipeEnding } from './s3/recipe-ending.ts'
import { readBoolean, readInteger, readUuid } from './validation.ts'

const namespace = 'ims'
const determine = 'determine the specific information that is missing or invalid and then re-run the request with valid information.'
const again = `D${determine.slice(1)}`

const removeJob = ({ state, jobs }: Site, job: Job): void => {
  state.jobs.delete(job.id)
  jobs.gone(job)
}

const read = reading((state) => state.jobs)
const remove = removing((state) => state.jobs, removeJob)

export const jobs: Handlers = {
  all: {
    GET: read.all,
    POST(site, call) {
      const job = askedFor(site, given(call, requestFields.createJob, demandFields))
      const answer = plain(201, site.state.jobs.served(job))
      site.jobs.start(job)
      return answer
    },
    DELETE(site, call) {
      const picked = picks(call, site.clock.now())
      for (const job of [...site.state.jobs.values()]) if (picked(job)) removeJob(site, job)
      return nothing()
    },
  },
  one: {
    GET(site, call, id) {
      const answer = read.one(site, call, id)
      const job = site.state.jobs.get(id)
      if (job) site.jobs.described(job)
      return answer
    },
    DELETE: remove.one,
    PATCH({ state, jobs: clock }, call, id) {
      const job = state.jobs.get(id)
      if (!job) return notFound()
      const asked = given(call, requestFields.updateJob) as { status?: JobStatus; resultant_image_id?: string }
      if (asked.resultant_image_id !== undefined) {
        job.resultant_image_id = asked.resultant_image_id
        state.jobs.set(id, job)
      }
      if (asked.status !== undefined) clock.hold(job, asked.status)
      return found(state.jobs.text(job))
    },
  },
}

// The service asks for a field before it looks whether there are any.
function demandFields(data: unknown): unknown {
  const crashes = typeof data === 'string' || Array.isArray(data) ? data.includes('require_dkms') : !isObject(data)
  if (crashes) throw new Refused(crashed())
  return data
}

function askedFor(site: Site, asked: Record<string, unknown>): Job {
  const { state } = site
  const type = asked.job_type as Job['job_type']
  const debug = readBoolean(asked.enable_debug) ?? false
  const containers = containersOf(type, debug, (asked.ssh_containers ?? null) as Partial<SshContainer>[] | null)
  const artifact = artifactOf(site, type, readUuid(asked.artifact_id)!)
  const publicKeyId = readUuid(asked.public_key_id)!
  if (!state.publicKeys.get(publicKeyId)) {
    throw new Refused(problem(400, `Invalid public_key_id value in job request. No IMS public-key record found matching id=${publicKeyId}`))
  }
  // A recipe may have no list of variables at all, which the service doesn't expect.
  if ('template_dictionary' in artifact && artifact.template_dictionary === null) throw new Refused(crashed())
  const id = site.newId()
  const sshPort = containers && containers.length > 0 ? site.shellPort?.() : undefined
  return newJob(artifact, {
    ...asked,
    id,
    now: site.clock.now(),
    artifact_id: readUuid(asked.artifact_id)!,
    public_key_id: publicKeyId,
    job_type: type,
    enable_debug: debug,
    ssh_containers: containers && containers.map((container) => reachable(id, container, sshPort)),
    sshPort,
    remote_build_node: nodeFor(state, artifact.arch),
    builds: (type === 'create' && artifact.link && recipeEnding(site.objects, artifact.link)) || site.builds,
  })
}

/** What the service puts into `ssh_containers`, before it knows where they can be reached. */
export function containersOf(type: Job['job_type'], debug: boolean, asked: Partial<SshContainer>[] | null): Partial<SshContainer>[] | null {
  if (type === 'create' && asked && asked.length > 0) {
    throw new Refused(problem(400, `User defined ssh containers during image create are not currently supported. ${again}`))
  }
  if (asked && asked.length > 1) {
    throw new Refused(problem(400, `Only one SSH container is currently supported. Please remove additional containers, ${determine}`))
  }
  if (type === 'create') return debug ? [{ name: 'debug', jail: false }] : asked
  return asked && asked.length > 0 ? asked : [{ name: 'customize', jail: false }]
}

function artifactOf({ state }: Site, type: Job['job_type'], id: string): Recipe | Image {
  const kind = type === 'create' ? 'recipe' : 'image'
  const artifact = type === 'create' ? state.recipes.get(id) : state.images.get(id)
  if (!artifact) {
    throw new Refused(problem(400, `Invalid artifact_id value in job request. No IMS ${kind} record found matching id=${id}. ${again}`))
  }
  if (!artifact.link) {
    throw new Refused(problem(400, `The IMS ${kind} does not have an artifact_link for ${kind}_id=${id}. Please ${determine}`))
  }
  demandArtifact(state, artifact.link)
  return artifact
}

/** What a new job is made of, besides what a request may give. */
export interface Asked extends Record<string, unknown> {
  id: string
  now: number
  artifact_id: string
  public_key_id: string
  job_type: Job['job_type']
  enable_debug: boolean
  ssh_containers: SshContainer[] | null
  /** The port that is held for its shell. */
  sshPort?: number
  remote_build_node: string
  /** How it ends where it would succeed and builds an image. */
  builds: Ending
}

/** A new job, with all that the service adds to what was asked. */
export function newJob(artifact: Recipe | Image, asked: Asked): Job {
  const { id, now, job_type: type } = asked
  const { arch } = artifact
  const name = (what: string) => `cray-ims-${id}-${what}`
  return {
    id,
    created: timeText(now),
    job_type: type,
    artifact_id: asked.artifact_id,
    public_key_id: asked.public_key_id,
    image_root_archive_name: asked.image_root_archive_name as string,
    enable_debug: asked.enable_debug,
    build_env_size: readInteger(asked.build_env_size) ?? 60,
    kernel_file_name: (asked.kernel_file_name as string | undefined) || (arch === 'aarch64' ? 'Image' : 'vmlinuz'),
    initrd_file_name: (asked.initrd_file_name as string | undefined) ?? 'initrd',
    kernel_parameters_file_name: (asked.kernel_parameters_file_name as string | undefined) ?? 'kernel-parameters',
    ssh_containers: asked.ssh_containers,
    require_dkms: requiresDkms(artifact, readBoolean(asked.require_dkms)),
    job_mem_size: readInteger(asked.job_mem_size) ?? 8,
    kubernetes_job: name(type),
    kubernetes_service: name('service'),
    kubernetes_configmap: name('configmap'),
    kubernetes_namespace: namespace,
    kubernetes_pvc: name('job-claim'),
    kubernetes_secret: name('signing-keys'),
    status: 'creating',
    resultant_image_id: null,
    arch,
    remote_build_node: asked.remote_build_node,
    mock: {
      type,
      ends: endingOf(artifact, type === 'create' ? asked.builds : 'succeeds'),
      debug: asked.enable_debug,
      waitsForRepos: !('recipe_type' in artifact) || artifact.recipe_type !== 'packer',
      at: 0,
      since: now,
      ...(asked.sshPort !== undefined && { sshPort: asked.sshPort }),
      ...(artifact.mock?.sshDelay !== undefined && { sshDelay: artifact.mock.sshDelay }),
    },
  }
}

function endingOf(artifact: Recipe | Image, otherwise: Ending): Ending {
  const ends = artifact.mock?.builds ?? 'succeeds'
  return ends === 'succeeds' ? otherwise : ends
}

// Building for another architecture needs the rights that DKMS needs, whatever was asked.
function requiresDkms(artifact: Recipe | Image, asked: boolean | undefined): boolean {
  if (artifact.arch === 'aarch64') return true
  return asked ?? ('require_dkms' in artifact ? artifact.require_dkms : true)
}

/** A container of a job, complete with where it is reached: at a port of loopback, or by names like a real system's. */
export function reachable(jobId: string, { name, jail, status = 'pending' }: Partial<SshContainer>, port?: number): SshContainer {
  const at = (host: string) => (port === undefined ? { host, port: 22 } : { host: '127.0.0.1', port })
  return {
    ...(name !== undefined && { name }),
    jail: readBoolean(jail) ?? false,
    status,
    connection_info: {
      customer_access: at(`${jobId}.ims.cmn.shasta.local`),
      'cluster.local': at(`cray-ims-${jobId}-service.${namespace}.svc.cluster.local`),
    },
  }
}

function picks(call: Call, now: number): (job: Job) => boolean {
  const query = new URLSearchParams(call.query)
  const statuses = query.getAll('status').map((status) => status.toLowerCase())
  const wrong = statuses.find((status) => !(jobStatuses as readonly string[]).includes(status))
  if (wrong !== undefined) throw new Refused(unsupported('status', wrong))
  const type = query.get('job_type')
  if (type && type !== 'create' && type !== 'customize') throw new Refused(unsupported('job_type', type))
  const age = query.get('age')
  const before = age === null ? Infinity : now - ageOf(age)
  return (job) =>
    (statuses.length === 0 || statuses.includes(job.status)) && (!type || job.job_type === type) && timeOf(job.created) <= before
}

// The service gives the text as the title, so that there is no detail.
const unsupported = (what: string, value: string) =>
  problem(400, undefined, { title: `Unsupported ${what} ${value} in query parameters. ${again}` })

/**
 * The age in milliseconds: of each unit the first number that some letters and the unit's letter follow. A text
 * without any is no age at all, so that every job is older. Source: the service.
 */
export function ageOf(text: string): number {
  const minute = 60_000
  const units = { w: 7 * 24 * 60 * minute, d: 24 * 60 * minute, h: 60 * minute, m: minute }
  return Object.entries(units).reduce((sum, [unit, length]) => {
    const found = new RegExp(`(\\d+)\\w*${unit}`, 'i').exec(text)
    return sum + (found ? Number(found[1]) * length : 0)
  }, 0)
}
