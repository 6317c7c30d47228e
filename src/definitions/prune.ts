import type { CommandDefinition, OptionDefinition } from './definition.ts'
import { images, jobs, recipes } from './records.ts'
import type { Resource } from './resource.ts'
import { filterOptions } from './views.ts'

export const pruneOptions = [
  {
    flag: '--keep',
    type: 'path',
    placeholder: 'FILE',
    check: 'not-empty',
    help: 'Keep what this file mentions by id, anywhere, or by name, in a line of its own; - is stdin',
  },
  { flag: '--dry-run', type: 'flag', help: 'Show what would be deleted, and delete nothing' },
  { flag: '--yes', type: 'flag', help: 'Do not ask' },
] as const satisfies readonly OptionDefinition[]

const prune = (of: Resource, keeps: string, example: string): CommandDefinition => ({
  name: 'prune',
  summary: `Delete the ${of.many} that the filters select, but none in use`,
  about: [
    `Shows what would be deleted, and what is kept and why: ${keeps}. In a terminal it asks for the number; elsewhere it needs --yes. Prints the ids of what is deleted.`,
  ],
  options: [...filterOptions(of), ...pruneOptions],
  prints: of,
  examples: [
    { line: `cray-ims ${of.words} prune ${example} --dry-run`, does: 'What would be deleted' },
    { line: `cray-ims ${of.words} prune ${example} --yes`, does: 'Without being asked' },
  ],
})

export const pruneImages = prune(images, 'an image that an unfinished job uses', "--name 'test-*' --older-than 90d")
export const pruneRecipes = prune(recipes, 'a recipe that an unfinished job uses', "--name 'test-*' --older-than 90d")
export const pruneJobs = prune(jobs, 'an unfinished job', '--status error --older-than 7d')
