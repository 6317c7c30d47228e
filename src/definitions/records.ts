import { collectionPath, type CollectionName } from '../service/collections.ts'
import { jobStatuses } from '../service/job-statuses.ts'
import type { OptionDefinition } from './definition.ts'
import type { ColumnDefinition, DeletedResource, Resource } from './resource.ts'

const uuid = 'd88521c3-b339-43bc-afda-afdfda126388'

export const jobTypes = ['create', 'customize'] as const

const architectures = ['aarch64', 'x86_64'] as const

/** How many containers of a job's pod request its memory each. Source: the service's job templates. */
export const jobContainers = 2

/** The containers of a job's pod by the type of the job, in the order they run. Source: the service's job templates. */
export const podContainers: Readonly<Record<(typeof jobTypes)[number], readonly string[]>> = {
  create: ['fetch-recipe', 'wait-for-repos', 'build-ca-rpm', 'build-image', 'buildenv-sidecar', 'sshd'],
  customize: ['prepare', 'buildenv-sidecar', 'sshd'],
}

const resource = (
  collection: CollectionName,
  one: string,
  id: string,
  columns: readonly ColumnDefinition[],
  key = 'id',
  example = uuid,
): Resource => ({
  words: collection.replace('/', ' '),
  one,
  many: `${one}s`,
  id,
  key,
  path: collectionPath(collection),
  example,
  columns,
})

const idColumn: ColumnDefinition = { name: 'id', field: 'id', kind: 'id' }
const nameColumn: ColumnDefinition = { name: 'name', field: 'name', filter: 'pattern' }
const archColumn: ColumnDefinition = { name: 'arch', field: 'arch', filter: architectures }
const ageColumn: ColumnDefinition = { name: 'age', field: 'created', kind: 'age', filter: 'time' }
const createdColumn: ColumnDefinition = { name: 'created', field: 'created', wide: true }
const linkColumn: ColumnDefinition = { name: 'link', field: 'link.path', wide: true }
const deletedColumn: ColumnDefinition = { name: 'deleted', field: 'deleted', kind: 'age' }

const keyType: ColumnDefinition = { name: 'type', field: 'public_key', kind: 'first word' }
const recipeColumns: readonly ColumnDefinition[] = [
  { name: 'type', field: 'recipe_type' },
  { name: 'distribution', field: 'linux_distribution', dispensable: true },
  { name: 'dkms', field: 'require_dkms', kind: 'yes or no', dispensable: true },
]
const jobColumns: readonly ColumnDefinition[] = [
  idColumn,
  { name: 'name', field: 'image_root_archive_name', filter: 'pattern' },
  { name: 'type', field: 'job_type', filter: jobTypes },
  { name: 'status', field: 'status', kind: 'status', filter: jobStatuses },
  { ...archColumn, dispensable: true },
  ageColumn,
  { name: 'size', field: 'build_env_size', kind: 'gibibytes', dispensable: true },
  // What it holds of the cluster's memory until someone tells it to go on.
  { name: 'held', field: 'job_mem_size', kind: 'gibibytes', times: jobContainers, where: { field: 'status', is: 'waiting_on_user' } },
  { name: 'artifact', field: 'artifact_id', kind: 'id', wide: true },
  { name: 'image', field: 'resultant_image_id', kind: 'id', wide: true },
  { name: 'key', field: 'public_key_id', kind: 'id', wide: true },
  createdColumn,
]

export const publicKeys = resource('public-keys', 'public key', 'PUBLIC_KEY_ID', [idColumn, nameColumn, keyType, ageColumn, createdColumn])
export const recipes = resource('recipes', 'recipe', 'RECIPE_ID', [
  idColumn,
  nameColumn,
  ...recipeColumns,
  archColumn,
  ageColumn,
  linkColumn,
  createdColumn,
])
export const images = resource('images', 'image', 'IMAGE_ID', [idColumn, nameColumn, archColumn, ageColumn, linkColumn, createdColumn])
export const jobs = resource('jobs', 'job', 'JOB_ID', jobColumns)
export const nodes = resource(
  'remote-build-nodes',
  'remote build node',
  'REMOTE_BUILD_NODE_XNAME',
  [{ name: 'xname', field: 'xname' }],
  'xname',
  'x3000c0s17b0n0',
)
export const nodeStatus: Resource = {
  ...nodes,
  words: `${nodes.words} status`,
  many: 'states of remote build nodes',
  path: collectionPath('remote-build-nodes/status'),
  columns: [
    ...nodes.columns,
    { name: 'able', field: 'ableToRunJobs', kind: 'yes or no' },
    { name: 'arch', field: 'nodeArch', filter: architectures },
    { name: 'jobs', field: 'numCurrentJobs' },
    { name: 'ssh', field: 'sshStatus' },
    { name: 'podman', field: 'podmanStatus' },
  ],
}
export const deletedPublicKeys: DeletedResource = {
  ...resource('deleted/public-keys', 'deleted public key', 'DELETED_PUBLIC_KEY_ID', [
    idColumn,
    nameColumn,
    keyType,
    ageColumn,
    deletedColumn,
    createdColumn,
  ]),
  deletedOf: publicKeys,
}
export const deletedRecipes: DeletedResource = {
  ...resource('deleted/recipes', 'deleted recipe', 'RECIPE_ID', [
    idColumn,
    nameColumn,
    ...recipeColumns,
    archColumn,
    ageColumn,
    deletedColumn,
    linkColumn,
    createdColumn,
  ]),
  deletedOf: recipes,
}
export const deletedImages: DeletedResource = {
  ...resource('deleted/images', 'deleted image', 'DELETED_IMAGE_ID', [
    idColumn,
    nameColumn,
    archColumn,
    ageColumn,
    deletedColumn,
    linkColumn,
    createdColumn,
  ]),
  deletedOf: images,
}

/** Where a record's artifact is stored. */
export const link: readonly OptionDefinition[] = [
  { flag: '--link-etag', type: 'text', field: 'link.etag', placeholder: 'ETAG', help: 'Entity tag that the artifact must have' },
  { flag: '--link-path', type: 'text', field: 'link.path', placeholder: 'URL', help: 'Where the artifact is: s3://BUCKET/KEY' },
  { flag: '--link-type', type: 'text', field: 'link.type', help: 'How it is stored: s3' },
]

export const arch = {
  flag: '--arch',
  type: 'choice',
  field: 'arch',
  choices: architectures,
  help: 'Architecture; x86_64 where it is not given',
} as const satisfies OptionDefinition

export const dkms = {
  flag: '--require-dkms',
  type: 'boolean',
  field: 'require_dkms',
  help: 'Whether building needs DKMS (kernel modules, and so more rights)',
} as const satisfies OptionDefinition

/** What a job is given to work with, and what its image has in /boot. */
export const buildEnvSize = {
  flag: '--build-env-size',
  type: 'integer',
  field: 'build_env_size',
  placeholder: 'GIB',
  help: 'Size of its build volume in GiB',
} as const satisfies OptionDefinition
export const jobMemSize = {
  flag: '--job-mem-size',
  type: 'integer',
  field: 'job_mem_size',
  placeholder: 'GIB',
  help: 'Memory of each of its two containers in GiB',
} as const satisfies OptionDefinition
export const initrd = {
  flag: '--initrd-file-name',
  type: 'text',
  field: 'initrd_file_name',
  default: 'initrd',
  help: 'Name of the initrd in /boot of the image root',
} as const satisfies OptionDefinition
export const kernel = {
  flag: '--kernel-file-name',
  type: 'text',
  field: 'kernel_file_name',
  help: 'Name of the kernel in /boot; by default the one of its arch',
} as const satisfies OptionDefinition
export const kernelParameters = {
  flag: '--kernel-parameters-file-name',
  type: 'text',
  field: 'kernel_parameters_file_name',
  default: 'kernel-parameters',
  help: 'Name of the file in /boot that holds the kernel parameters',
} as const satisfies OptionDefinition

export const templates = [
  {
    flag: '--template-dictionary-key',
    type: 'texts',
    field: 'template_dictionary[].key',
    help: 'Variables that the recipe is filled in with',
  },
  { flag: '--template-dictionary-value', type: 'texts', field: 'template_dictionary[].value', help: 'Their values, in the same order' },
] as const satisfies readonly OptionDefinition[]

export const undelete: readonly OptionDefinition[] = [
  { flag: '--operation', type: 'choice', field: 'operation', choices: ['undelete'], help: 'What to do with it' },
]
