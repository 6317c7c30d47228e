import type { CommandContext } from '../context.ts'
import type { DeletedResource } from '../definitions/resource.ts'
import type { Api } from '../ims/api.ts'
import { undeleteRequest } from '../ims/requests.ts'
import type { Referable } from '../ims/reference.ts'
import { findRecords, type FindOptions } from './find-record.ts'
import { allWords, runEach } from './several.ts'

/** What is done to a record that is back; what it returns is said of it. */
export type Restore = (api: Api) => Promise<string>

/**
 * Brings deleted records back, by id or name: all are found before the first is changed.
 *
 * @param restoreOf what is still to be done to one of them; it throws what keeps all from being brought back.
 * @returns 2 where one failed: the others are done all the same.
 */
export async function undelete(
  context: CommandContext,
  of: DeletedResource,
  given: readonly string[],
  options: FindOptions,
  restoreOf: (record: Referable) => Restore = () => async () => '',
): Promise<number> {
  const words = await allWords(context, given, of.id)
  const api = await context.api()
  const records = await findRecords(api, of, words, options)
  const restores = new Map(records.map((record) => [record.id, restoreOf(record)]))
  return runEach(context, new Map(records.map(({ id, name }) => [id, `${id}  ${name}`])), async (id, name) => {
    await api.send(undeleteRequest(of, id))
    const more = await restores.get(id)!(api)
    if (!context.global.quiet) context.warn(`undeleted ${of.deletedOf.one} ${name}${more}`)
  })
}
