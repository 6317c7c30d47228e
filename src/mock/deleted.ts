import { nothing, type Answer } from './answer.ts'
import { copied, demandArtifact, demandManifest, manifestLink, restoredLink } from './artifacts.ts'
import { given, reading, removing, restore, type Handlers, type Site } from './handlers.ts'
import { notFound } from './problem.ts'
import type { Deleted, Image, PublicKey, Recipe } from './records.ts'
import { requestFields } from './request-fields.ts'
import { moveImage, moveLinked, ownEtag } from './s3/record-objects.ts'
import type { State, Table } from './state.ts'

function handlers<R extends { id: string }>(
  tableOf: (state: State) => Table<Deleted<R>>,
  undelete: (site: Site, record: Deleted<R>) => void,
): Handlers {
  const read = reading(tableOf)
  const remove = removing(tableOf, ({ state }, record) => void tableOf(state).delete(record.id))
  const bringBack = (site: Site, records: Iterable<Deleted<R>>): Answer => {
    for (const record of records) undelete(site, record)
    return nothing()
  }
  return {
    all: {
      GET: read.all,
      DELETE: remove.all,
      PATCH(site, call) {
        given(call, requestFields.restore)
        return bringBack(site, [...tableOf(site.state).values()])
      },
    },
    one: {
      GET: read.one,
      DELETE: remove.one,
      PATCH(site, call, id) {
        const record = tableOf(site.state).get(id)
        if (!record) return notFound()
        given(call, requestFields.restore)
        return bringBack(site, [record])
      },
    },
  }
}

export const deletedPublicKeys = handlers<PublicKey>(
  (state) => state.deletedPublicKeys,
  ({ state }, key) => restore(state.deletedPublicKeys, state.publicKeys, key),
)

export const deletedRecipes = handlers<Recipe>(
  (state) => state.deletedRecipes,
  ({ state, objects }, recipe) => {
    if (recipe.link) demandArtifact(state, recipe.link)
    restore(state.deletedRecipes, state.recipes, recipe, {
      link: recipe.link && moveLinked(objects, recipe.link, restoredLink(recipe.link)),
    })
  },
)

export const deletedImages = handlers<Image>(
  (state) => state.deletedImages,
  ({ state, objects }, image) => {
    if (image.link) demandManifest(state, image.link)
    const { link, ...mock } = image.mock ?? {}
    moveImage(objects, image.id, 'back')
    const back = image.link && ownEtag(objects, copied(link ?? manifestLink(image.id)))
    // The service forgets the arch of an image that was deleted.
    restore(state.deletedImages, state.images, image, { link: back, arch: 'x86_64', mock })
  },
)
