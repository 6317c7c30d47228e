import type { CommandDefinition, OptionDefinition } from './definition.ts'
import { latest } from './latest.ts'
import { images, jobs, recipes } from './records.ts'
import type { Resource } from './resource.ts'
import { remove } from './verbs.ts'
import { filterOptions } from './views.ts'

export const pruneOptions = [
  {
    flag: '--keep',
    type: 'path',
    placeholder: 'FILE',
    check: 'not-empty',
    help: 'Keep what this file names: ids anywhere, names one a line; - is stdin',
  },
  { flag: '--dry-run', type: 'flag', help: 'Show what would be deleted, and delete nothing' },
  { flag: '--yes', type: 'flag', help: 'Do not ask' },
] as const satisfies readonly OptionDefinition[]

export const pruneImagesOptions = [
  {
    flag: '--in-use',
    type: 'texts',
    choices: ['bos', 'bss'],
    help: 'Keep what nodes are booted with, as `cray` says',
  },
  ...pruneOptions,
] as const satisfies readonly OptionDefinition[]

/** Of `delete`: the filters' options, and what only goes with ids. */
export const removeImagesOptions = [latest, ...pruneImagesOptions] as const satisfies readonly OptionDefinition[]
export const removeOptions = [latest, ...pruneOptions] as const satisfies readonly OptionDefinition[]

interface Pruning {
  readonly options: readonly OptionDefinition[]
  /** What is kept in any case. */
  readonly keeps: string
  /** Filters as they are typed. */
  readonly example: string
}

const prune = (of: Resource, { options, keeps, example }: Pruning): CommandDefinition => {
  const filters = filterOptions(of)
  return {
    name: 'prune',
    summary: `Delete the ${of.many} that the filters select, but none in use`,
    about: [
      `Shows what would be deleted, and what is kept and why: ${keeps}. In a terminal it asks for the number; elsewhere it needs --yes. Prints the ids of what is deleted.`,
    ],
    options: [...filters, ...options],
    exactlyOne: [filters.map(({ flag }) => flag)],
    prints: of,
    examples: [
      { line: `cray-ims ${of.words} prune ${example} --dry-run`, does: 'What would be deleted' },
      { line: `cray-ims ${of.words} prune ${example} --yes`, does: 'Without being asked' },
    ],
  }
}

/** `delete`, by ids, or by filters as `prune` does. */
const removeSome = (of: Resource, { options, example }: Pruning): CommandDefinition => {
  const command = remove(of)
  const filters = filterOptions(of)
  return {
    ...command,
    summary: `Delete ${of.many}, by ids or by filters`,
    about: [`With filters it does what ${of.words} prune does.`],
    arguments: command.arguments!.map((argument) => ({ ...argument, optional: true })),
    options: [
      { ...latest, dependsOn: of.id },
      ...filters,
      ...options.map((row) => (['--keep', '--in-use'].includes(row.flag) ? { ...row, exclusive: [of.id] } : row)),
    ],
    exactlyOne: [of.id, filters.map(({ flag }) => flag)],
    prints: of,
    examples: [...command.examples, { line: `cray-ims ${of.words} delete ${example} --dry-run`, does: 'What would be deleted' }],
  }
}

const ofImages: Pruning = {
  options: pruneImagesOptions,
  keeps: 'an image that an unfinished job uses, with --in-use also one that BOS session templates or BSS boot parameters name',
  example: "--name 'test-*' --older-than 90d",
}
const ofRecipes: Pruning = { ...ofImages, options: pruneOptions, keeps: 'a recipe that an unfinished job uses' }
const ofJobs: Pruning = { options: pruneOptions, keeps: 'an unfinished job', example: '--status error --older-than 7d' }

export const pruneImages = prune(images, ofImages)
export const pruneRecipes = prune(recipes, ofRecipes)
export const pruneJobs = prune(jobs, ofJobs)

export const removeImages = removeSome(images, ofImages)
export const removeRecipes = removeSome(recipes, ofRecipes)
export const removeJobs = removeSome(jobs, ofJobs)
