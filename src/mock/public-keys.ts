import { plain } from './answer.ts'
import { deletingForGood, given, reading, removing, softDelete, type Handlers } from './handlers.ts'
import { timeText, type PublicKey } from './records.ts'
import { requestFields } from './request-fields.ts'

const read = reading((state) => state.publicKeys)
const remove = removing(
  (state) => state.publicKeys,
  (site, key) => softDelete(site, site.state.publicKeys, site.state.deletedPublicKeys, key),
)

export const publicKeys: Handlers = {
  all: {
    GET: read.all,
    DELETE: remove.all,
    POST({ state, clock, newId }, call) {
      const asked = given(call, requestFields.createPublicKey) as Pick<PublicKey, 'name' | 'public_key'>
      const key: PublicKey = { id: newId(), created: timeText(clock.now()), ...asked }
      state.publicKeys.set(key.id, key)
      return plain(201, state.publicKeys.served(key))
    },
  },
  one: { GET: read.one, DELETE: remove.one },
}

/** The same, as version 2 of the API has it. */
export const publicKeysForGood: Handlers = deletingForGood(
  publicKeys,
  (state) => state.publicKeys,
  (key) => key.id,
)
