import type { OptionDefinition } from './definition.ts'
import type { Resource } from './verbs.ts'

const uuid = 'd88521c3-b339-43bc-afda-afdfda126388'

/** The kinds of record of the service, by the words of their commands. */
export const recordKinds = [
  'public-keys',
  'recipes',
  'images',
  'jobs',
  'remote-build-nodes',
  'deleted public-keys',
  'deleted recipes',
  'deleted images',
] as const

type RecordKind = (typeof recordKinds)[number]

/** A kind as the paths of the service have it: `deleted/images`. */
export type RecordPath<Kind extends string = RecordKind> = Kind extends `${infer Group} ${infer Rest}` ? `${Group}/${Rest}` : Kind

const resource = (words: RecordKind, one: string, id: string, example = uuid): Resource => ({
  words,
  one,
  many: `${one}s`,
  id,
  path: `/apis/ims/v3/${words.replace(' ', '/')}`,
  example,
})

export const publicKeys = resource('public-keys', 'public key', 'PUBLIC_KEY_ID')
export const recipes = resource('recipes', 'recipe', 'RECIPE_ID')
export const images = resource('images', 'image', 'IMAGE_ID')
export const jobs = resource('jobs', 'job', 'JOB_ID')
export const nodes = resource('remote-build-nodes', 'remote build node', 'REMOTE_BUILD_NODE_XNAME', 'x3000c0s17b0n0')
export const deletedPublicKeys = resource('deleted public-keys', 'deleted public key', 'DELETED_PUBLIC_KEY_ID')
export const deletedRecipes = resource('deleted recipes', 'deleted recipe', 'RECIPE_ID')
export const deletedImages = resource('deleted images', 'deleted image', 'DELETED_IMAGE_ID')

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
  choices: ['aarch64', 'x86_64'],
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

export const templates: readonly OptionDefinition[] = [
  {
    flag: '--template-dictionary-key',
    type: 'texts',
    field: 'template_dictionary[].key',
    help: 'Variables that the recipe is filled in with',
  },
  { flag: '--template-dictionary-value', type: 'texts', field: 'template_dictionary[].value', help: 'Their values, in the same order' },
]

export const undelete: readonly OptionDefinition[] = [
  { flag: '--operation', type: 'choice', field: 'operation', choices: ['undelete'], help: 'What to do with it' },
]
