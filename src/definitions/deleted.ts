import { arch, deletedImages, deletedPublicKeys, deletedRecipes, undelete as operation } from './records.ts'
import { latest } from './latest.ts'
import type { CommandDefinition, GroupDefinition, OptionDefinition } from './definition.ts'
import type { DeletedResource, Resource } from './resource.ts'
import { describe, list, remove, removeAll, update } from './verbs.ts'

export const undeleteOptions = [latest] as const satisfies readonly OptionDefinition[]

export const undeleteImagesOptions = [
  {
    flag: arch.flag,
    type: arch.type,
    choices: arch.choices,
    help: 'Their architecture, which the service forgets; by default the one of the deleted record',
  },
  latest,
] as const satisfies readonly OptionDefinition[]

/** `undelete`: brings deleted records back, by id or name. */
const undelete = (of: DeletedResource, options: readonly OptionDefinition[], about: readonly string[] = []): CommandDefinition => ({
  name: 'undelete',
  summary: `Bring ${of.many} back`,
  about,
  arguments: [
    { name: of.id, help: `Which ${of.one}: its id, the beginning of it, or its name; - reads them from stdin`, record: of, many: true },
  ],
  options,
  examples: [{ line: `cray-ims ${of.deletedOf.words} undelete ${of.example}`, does: 'As it was' }],
})

export const undeleteRecipes = undelete(deletedRecipes, undeleteOptions)
export const undeletePublicKeys = undelete(deletedPublicKeys, undeleteOptions)
export const undeleteImages = undelete(deletedImages, undeleteImagesOptions, [
  'The service makes every image x86_64 that it brings back: the arch of the deleted record is set again.',
])

const group = (of: Resource, name: string, summary: string): GroupDefinition => ({
  name,
  summary,
  commands: [
    list(of),
    removeAll(of),
    update(of, operation, `Bring one ${of.one} back`, '--operation undelete'),
    describe(of),
    remove(of, `Delete one ${of.one} for good, with its artifacts`),
  ],
})

export const deletedGroup: GroupDefinition = {
  name: 'deleted',
  summary: 'What was deleted and can be brought back',
  commands: [
    group(deletedRecipes, 'recipes', 'Deleted recipes'),
    group(deletedImages, 'images', 'Deleted images'),
    group(deletedPublicKeys, 'public-keys', 'Deleted public keys'),
  ],
}
