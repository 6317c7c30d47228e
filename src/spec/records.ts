import type { OptionRow } from './rows.ts'
import type { Resource } from './verbs.ts'

const uuid = 'd88521c3-b339-43bc-afda-afdfda126388'

const resource = (words: string, one: string, id: string, example = uuid): Resource => ({
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
export const link: readonly OptionRow[] = [
  { flag: '--link-etag', type: 'text', field: 'link.etag', placeholder: 'ETAG', help: 'Entity tag that the artifact must have' },
  { flag: '--link-path', type: 'text', field: 'link.path', placeholder: 'URL', help: 'Where the artifact is: s3://BUCKET/KEY' },
  { flag: '--link-type', type: 'text', field: 'link.type', help: 'How it is stored: s3' },
]

export const arch: OptionRow = {
  flag: '--arch',
  type: 'choice',
  field: 'arch',
  choices: ['aarch64', 'x86_64'],
  help: 'Architecture; x86_64 where it is not given',
}

export const dkms: OptionRow = {
  flag: '--require-dkms',
  type: 'boolean',
  field: 'require_dkms',
  help: 'Whether building needs DKMS (kernel modules, and so more rights)',
}

export const templates: readonly OptionRow[] = [
  { flag: '--template-dictionary-key', type: 'texts', field: 'template_dictionary[].key', help: 'Variables that the recipe is filled in with' },
  { flag: '--template-dictionary-value', type: 'texts', field: 'template_dictionary[].value', help: 'Their values, in the same order' },
]

export const undelete: readonly OptionRow[] = [
  { flag: '--operation', type: 'choice', field: 'operation', choices: ['undelete'], help: 'What to do with it' },
]
