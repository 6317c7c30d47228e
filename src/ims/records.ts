/** Records as the service sends them, also where its API description says otherwise. Times are UTC, often without saying so. */

import type { jobStatuses } from '../service/job-statuses.ts'

export type Arch = 'x86_64' | 'aarch64'

/** Where an artifact is stored. */
export interface Link {
  /** `s3://BUCKET/KEY`. */
  path: string
  /** What the artifact's entity tag was when it was linked; may be empty. */
  etag?: string
  /** `s3`. */
  type: string
}

export interface PublicKey {
  id: string
  created: string
  name: string
  /** One line, as in an `id_*.pub` file. */
  public_key: string
}

/** A variable that a recipe is filled in with. */
export interface TemplateEntry {
  key: string
  value: string
}

export interface Recipe {
  id: string
  created: string
  name: string
  /** None until its archive was uploaded. */
  link: Link | null
  recipe_type: 'kiwi-ng' | 'packer'
  linux_distribution: 'sles12' | 'sles15' | 'centos7'
  template_dictionary: TemplateEntry[] | null
  /** Building it needs kernel modules (DKMS), and so more rights. */
  require_dkms: boolean
  arch: Arch
}

export interface Image {
  id: string
  created: string
  name: string
  /** None until its manifest was uploaded. */
  link: Link | null
  arch: Arch
  metadata: Record<string, string>
}

/** A record that was deleted and can be brought back. */
export type Deleted<R> = R & { deleted: string }

export type JobStatus = (typeof jobStatuses)[number]

export interface Address {
  host: string
  port: number
}

/** A container of a job that has a shell. */
export interface SshContainer {
  /** `debug` or `customize`, unless the job names it. */
  name: string
  /** Its shell is confined to the image root. */
  jail: boolean
  /** `pending`, for ever: the service never changes it. */
  status: string
  /** There from the start, whether anything answers there or not. */
  connection_info: { customer_access?: Address; 'cluster.local'?: Address; [network: string]: Address | undefined }
}

export interface Job {
  id: string
  created: string
  /** `create` builds a recipe, `customize` opens a shell in an image. */
  job_type: 'create' | 'customize'
  status: JobStatus
  /** The recipe (create) or image (customize). */
  artifact_id: string
  public_key_id: string
  /** Name of the resulting image. */
  image_root_archive_name: string
  /** Set shortly before the job succeeds. */
  resultant_image_id: string | null
  /** A create job whose build fails opens a shell. Ignored by customize jobs. */
  enable_debug: boolean
  /** Size of its volume, in GiB. */
  build_env_size: number
  /** Memory that it asks for, in GiB. */
  job_mem_size?: number
  kernel_file_name: string
  initrd_file_name: string
  kernel_parameters_file_name: string
  require_dkms: boolean
  arch: Arch
  ssh_containers: SshContainer[] | null
  kubernetes_namespace: string
  kubernetes_job: string
  kubernetes_service: string
  kubernetes_configmap: string
  kubernetes_pvc?: string
  kubernetes_secret?: string | null
  /** Xname of the node outside Kubernetes that it runs on; empty or null where it runs inside. */
  remote_build_node?: string | null
}

export interface RemoteBuildNode {
  xname: string
}

/** Whether a remote build node can be built on. */
export interface RemoteBuildNodeStatus {
  xname: string
  sshStatus: string
  podmanStatus: string
  nodeArch: string
  /** -1 where it isn't known. */
  numCurrentJobs: number
  ableToRunJobs: boolean
}

export interface Version {
  version: string
}

export type NewPublicKey = Pick<PublicKey, 'name' | 'public_key'>
export type NewRecipe = Pick<Recipe, 'name' | 'recipe_type' | 'linux_distribution'> &
  Partial<Pick<Recipe, 'link' | 'template_dictionary' | 'require_dkms' | 'arch'>>
export type NewImage = Pick<Image, 'name'> & Partial<Pick<Image, 'link' | 'arch'>> & { metadata?: { key: string; value: string } }
export type NewJob = Pick<Job, 'job_type' | 'artifact_id' | 'public_key_id' | 'image_root_archive_name'> &
  Partial<
    Pick<
      Job,
      | 'enable_debug'
      | 'build_env_size'
      | 'job_mem_size'
      | 'kernel_file_name'
      | 'initrd_file_name'
      | 'kernel_parameters_file_name'
      | 'require_dkms'
      | 'remote_build_node'
    >
  > & { ssh_containers?: { name?: string; jail?: boolean }[] }

/** What can be changed of a recipe; the template dictionary is replaced as a whole. */
export type RecipeChange = Partial<Pick<Recipe, 'link' | 'arch' | 'require_dkms' | 'template_dictionary'>>
export type ImageChange = Partial<Pick<Image, 'link' | 'arch'>> & {
  metadata?: { operation: 'set' | 'remove'; key: string; value?: string }
}

/** Which jobs `deleteAll` deletes; none of these, and it is all of them. */
export interface JobSelection {
  /** `7d`, `12h`. */
  age?: string
  job_type?: Job['job_type']
  status?: JobStatus
}
