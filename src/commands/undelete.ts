import type { CommandContext, Run } from '../context.ts'
import type { undeleteOptions } from '../definitions/deleted.ts'
import type { InferOptions } from '../definitions/infer-options.ts'
import { encodeSegment, type Api } from '../ims/api.ts'
import type { Referable } from '../ims/reference.ts'
import { findRecords } from './find-record.ts'
import { allWords, runEach } from './several.ts'

type Options = InferOptions<typeof undeleteOptions>

/** What is done to a record that is back; what it returns is said of it. */
export type Restore = (api: Api) => Promise<string>

/** Brings deleted records back, by id or name. */
export const run: Run<Options, Record<string, string[]>> = (context, options, args) => undelete(context, options, args)

/**
 * Brings deleted records back, by id or name: all are found before the first is changed.
 *
 * @param restoreOf what is still to be done to one of them; it throws what keeps all from being brought back.
 * @returns 2 where one failed: the others are done all the same.
 */
export async function undelete(
  context: CommandContext,
  { latest }: Options,
  args: Readonly<Record<string, readonly string[]>>,
  restoreOf: (record: Referable) => Restore = () => async () => '',
): Promise<number> {
  const [argument] = context.command.arguments!
  const of = argument!.record!
  const words = await allWords(context, Object.values(args)[0]!, of.id)
  const api = await context.api()
  const records = await findRecords(api, of, words, { latest })
  const restores = new Map(records.map((record) => [record.id, restoreOf(record)]))
  return runEach(context, new Map(records.map(({ id, name }) => [id, `${id}  ${name}`])), async (id, name) => {
    await api.send({ method: 'PATCH', path: `${of.path}/${encodeSegment(id)}`, body: new Map([['operation', 'undelete']]) })
    const more = await restores.get(id)!(api)
    if (!context.global.quiet) context.warn(`undeleted ${of.one.replace('deleted ', '')} ${name}${more}`)
  })
}
