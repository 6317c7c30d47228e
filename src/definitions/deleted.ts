import { deletedImages, deletedPublicKeys, deletedRecipes, undelete } from './records.ts'
import type { GroupDefinition } from './definition.ts'
import type { Resource } from './resource.ts'
import { describe, list, remove, removeAll, update } from './verbs.ts'

const group = (of: Resource, name: string, summary: string): GroupDefinition => ({
  name,
  summary,
  commands: [
    list(of),
    removeAll(of),
    update(of, undelete, `Bring one ${of.one} back`, '--operation undelete'),
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
