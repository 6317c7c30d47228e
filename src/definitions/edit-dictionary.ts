import type { CommandDefinition, OptionDefinition } from './definition.ts'
import { latest } from './latest.ts'
import { recipes } from './records.ts'

export const editDictionaryOptions = [latest] as const satisfies readonly OptionDefinition[]

/** Changes single variables, where `update` replaces all. */
export const editDictionary: CommandDefinition = {
  name: 'edit-dictionary',
  summary: 'Set or remove variables that a recipe is filled in with',
  about: ['The other variables stay as they are. Prints the changed recipe.'],
  arguments: [
    { name: 'RECIPE', help: 'Its id, the beginning of it, or its name', record: recipes },
    { name: 'CHANGE', help: 'KEY=VALUE sets a variable, KEY- removes it', many: true },
  ],
  options: editDictionaryOptions,
  prints: recipes,
  examples: [{ line: 'cray-ims recipes edit-dictionary barebones RELEASE=25.11 DEBUG-', does: 'Sets one and removes another' }],
}
