import type { Course, Ending } from './job-phases.ts'

import type * as ims from '../ims/records.ts'

/** Records as the service sends them. What only the mock knows of one is in `mock`, and is never served. */

/** A record some of whose choices were checked at run time, and are texts to the compiler. */
type Loosely<R, K extends keyof R> = Omit<R, K> & Record<K, string>

export type Link = ims.Link
export type TemplateEntry = ims.TemplateEntry
export type PublicKey = ims.PublicKey
export type Deleted<R> = ims.Deleted<R>

export interface Recipe extends Loosely<ims.Recipe, 'recipe_type' | 'linux_distribution' | 'arch'> {
  mock?: {
    builds?: Ending
    /** Seconds that the shells of its jobs come late. */
    sshDelay?: number
  }
}

export interface Image extends Loosely<ims.Image, 'arch'> {
  mock?: {
    /** How jobs that customize it end. */
    builds?: Ending
    sshDelay?: number
    /** Its link before it was deleted. */
    link?: Link
  }
}

export interface RemoteBuildNode extends ims.RemoteBuildNode {
  /** What answers there; without it nobody does. */
  mock?: {
    arch: string
    /** Jobs that run there; those of the mock by default. */
    jobs?: number
  }
}

export type SshContainer = Omit<ims.SshContainer, 'name'> & { name?: string }

export interface Job extends Loosely<Omit<Required<ims.Job>, 'ssh_containers' | 'remote_build_node'>, 'arch'> {
  ssh_containers: SshContainer[] | null
  remote_build_node: string
  mock?: Progress
}

/** Where a job is on its way. */
export interface Progress extends Course {
  /** Index of the step it is in. */
  at: number
  /** When it came there, in milliseconds since 1970. */
  since: number
  /** Someone set its status by hand: the clock leaves it alone. */
  held?: true
  /** The port of loopback that is held for its shell. */
  sshPort?: number
  /** Seconds that its shell comes late. */
  sshDelay?: number
}

/** All that a mock holds: a seed and a state file look like this, each part optional. */
export interface Records {
  public_keys: PublicKey[]
  recipes: Recipe[]
  images: Image[]
  jobs: Job[]
  remote_build_nodes: RemoteBuildNode[]
  deleted_public_keys: Deleted<PublicKey>[]
  deleted_recipes: Deleted<Recipe>[]
  deleted_images: Deleted<Image>[]
  /** Links to these are refused, as if the artifact store had nothing there. */
  missing_artifacts: string[]
}

/** The fields that are served of each kind, in the service's order. */
export const servedFields = {
  public_keys: ['name', 'public_key', 'id', 'created'],
  recipes: ['name', 'link', 'recipe_type', 'linux_distribution', 'template_dictionary', 'require_dkms', 'arch', 'id', 'created'],
  images: ['name', 'link', 'arch', 'metadata', 'id', 'created'],
  jobs: [
    'artifact_id',
    'public_key_id',
    'job_type',
    'image_root_archive_name',
    'enable_debug',
    'build_env_size',
    'kernel_file_name',
    'initrd_file_name',
    'kernel_parameters_file_name',
    'ssh_containers',
    'require_dkms',
    'job_mem_size',
    'id',
    'created',
    'kubernetes_job',
    'kubernetes_service',
    'kubernetes_configmap',
    'kubernetes_namespace',
    'status',
    'resultant_image_id',
    'arch',
    'kubernetes_pvc',
    'remote_build_node',
    'kubernetes_secret',
  ],
  remote_build_nodes: ['xname'],
} as const

/** A time as the service writes it: UTC without an offset, microseconds. */
export function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000`
}

/** Milliseconds since 1970 of a time of the service. */
export function timeOf(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
}
