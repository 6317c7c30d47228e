import { imageKeys } from '../../definitions/image-builds.ts'
import type { OptionDefinition } from '../../definitions/definition.ts'

/** What an image is made from, as a file's key. */
export type Source = keyof typeof imageKeys

/** Where a key of a file means something else than the option: images of a file are made side by side, without a terminal each. */
const besides: Readonly<Record<string, Partial<OptionDefinition>>> = {
  '--on-failure': { choices: ['keep', 'delete'], help: 'What becomes of a job that fails: kept, where nothing is said' },
  '--debug': { help: 'Let the job wait with a shell if the build fails' },
}

/** The keys of an image in a file, besides `name` and what it is made from. */
export const keyRows: Readonly<Record<Source, readonly OptionDefinition[]>> = {
  recipe: imageKeys.recipe.map(inFile),
  base: imageKeys.base.map(inFile),
}

/** A row's key, as a file has it: `build-env-size`. */
export const keyOf = (row: OptionDefinition) => row.flag.slice(2)

function inFile(row: OptionDefinition): OptionDefinition {
  const help = row.type === 'path' ? `${row.help} (from the folder of this file)` : row.help
  return { ...row, help, ...besides[row.flag] }
}
