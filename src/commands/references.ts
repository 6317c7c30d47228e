import { argumentKey, type CommandDefinition } from '../definitions/definition.ts'
import type { Api } from '../ims/api.ts'
import { findRecord, type FindOptions } from './find-record.ts'
import { isUuid } from '../ims/names.ts'
import { isGone } from '../ims/server-error.ts'

/**
 * Sends a command's request as it was typed. Where the service knows no record of that id and the word is no UUID, the
 * record that it names is looked up, and the request is sent with its id: nothing was done before.
 *
 * @throws CliError with the candidates where a word names none or several.
 */
export async function sendNamed<R>(
  api: Api,
  { arguments: rows = [] }: CommandDefinition,
  args: Readonly<Record<string, string>>,
  options: FindOptions,
  send: (args: Record<string, string>) => Promise<R>,
): Promise<R> {
  try {
    return await send({ ...args })
  } catch (error) {
    if (!isGone(error)) throw error
  }
  const found = { ...args }
  for (const row of rows) {
    const key = argumentKey(row)
    if (row.record && !isUuid(args[key]!)) found[key] = (await findRecord(api, row.record, args[key]!, options)).id
  }
  return send(found)
}
