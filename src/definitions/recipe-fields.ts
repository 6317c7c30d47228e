import type { OptionDefinition } from './definition.ts'
import { arch, dkms, link, recipes, templates } from './records.ts'
import { create } from './verbs.ts'

export const distribution = {
  flag: '--linux-distribution',
  type: 'choice',
  field: 'linux_distribution',
  required: true,
  choices: ['sles12', 'sles15', 'centos7'],
  help: 'Distribution that it builds',
} as const satisfies OptionDefinition

export const recipeName = {
  flag: '--name',
  type: 'text',
  field: 'name',
  required: true,
  help: 'Its name',
} as const satisfies OptionDefinition

export const recipeType = {
  flag: '--recipe-type',
  type: 'choice',
  field: 'recipe_type',
  required: true,
  choices: ['kiwi-ng', 'packer'],
  help: 'What builds it',
} as const satisfies OptionDefinition

/** `recipes create`. */
export const createRecipe = create(
  recipes,
  [distribution, recipeName, recipeType, arch, ...link, dkms, ...templates],
  '--name barebones --recipe-type kiwi-ng --linux-distribution sles15 --link-type s3 --link-path s3://ims/recipes/barebones.tgz',
)
