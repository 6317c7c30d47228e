import { imageKeys } from '../../definitions/image-builds.ts'
import type { OptionDefinition } from '../../definitions/definition.ts'
import { importSources } from '../../definitions/image-transfers.ts'

/** What an image is made from, as a file's key. */
export type Source = keyof typeof imageKeys

export const sources = Object.keys(imageKeys) as readonly Source[]

/** What it says of each. */
export const sourceHelp: Readonly<Record<Source, string>> = {
  recipe: 'The recipe it is built from: its id or name',
  base: 'The image it is made from: its id or name, or the name of another image of this file',
  import: 'The folder that it is imported from, or a map of its files',
}

/** The keys of an image in a file, besides `name` and what it is made from. */
export const keyRows: Readonly<Record<Source, readonly OptionDefinition[]>> = {
  recipe: imageKeys.recipe.map(inFile),
  base: imageKeys.base.map(inFile),
  import: imageKeys.import.map(inFile),
}

/** The keys of a map that says what an image is imported from. */
export const importRows: readonly OptionDefinition[] = importSources.map(inFile)

/** A row's key, as a file has it: `build-env-size`. */
export const keyOf = (row: OptionDefinition) => row.flag.slice(2)

/** What a key with choices takes. */
export const choicesInFile = ({ choices, choicesWith }: OptionDefinition) => choicesWith?.['--file']?.choices ?? choices

function inFile(row: OptionDefinition): OptionDefinition {
  const help = row.fileHelp ?? row.help
  return {
    ...row,
    help: row.type === 'path' ? `${help} (from the folder of this file)` : help,
  }
}
