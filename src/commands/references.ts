import { argumentKey, optionKey, type CommandDefinition } from '../definitions/definition.ts'
import type { Resource } from '../definitions/resource.ts'
import type { Api } from '../ims/api.ts'
import { isUuid } from '../ims/names.ts'
import { findRecord } from '../ims/find-record.ts'
import { isGone, ServerError } from '../ims/server-error.ts'

/** What a command was given, by key. */
export interface Given {
  readonly options: Readonly<Record<string, unknown>>
  readonly args: Readonly<Record<string, string>>
}

/** A word that was given where the service takes an id, and is none. */
interface Reference {
  readonly where: 'options' | 'args'
  readonly key: string
  readonly word: string
  /** What it may name. */
  readonly of: Resource
  /** Of a request's body. */
  readonly field?: string
}

/** The words of a line that may name records. A UUID is only ever an id. */
function referencesIn({ arguments: argumentRows = [], options: rows = [] }: CommandDefinition, { options, args }: Given): Reference[] {
  const ofArguments = argumentRows.flatMap((row): Reference[] => {
    const key = argumentKey(row)
    return row.record ? [{ where: 'args', key, word: args[key]!, of: row.record }] : []
  })
  const ofOptions = rows.flatMap((row): Reference[] => {
    const [key, word] = [optionKey(row), options[optionKey(row)]]
    if (!row.record || typeof word !== 'string') return []
    const of = 'path' in row.record ? row.record : row.record[options.job_type as 'create' | 'customize']
    return of ? [{ where: 'options', key, word, of, field: row.field }] : []
  })
  return [...ofArguments, ...ofOptions].filter(({ word }) => !isUuid(word))
}

/**
 * Sends a command's request as it was typed. Where the service refuses it because a word is no id, the records that the
 * words name are looked up, and it is sent with their ids: nothing was done before.
 *
 * @throws CliError with the candidates where a word names none or several.
 */
export async function sendNamed<R>(api: Api, command: CommandDefinition, given: Given, send: (given: Given) => Promise<R>): Promise<R> {
  const references = referencesIn(command, given)
  if (references.length === 0) return send(given)
  try {
    return await send(given)
  } catch (error) {
    if (!references.some((reference) => isRefusedFor(error, reference))) throw error
  }
  const found = { options: { ...given.options }, args: { ...given.args } }
  for (const { where, key, word, of } of references) {
    found[where][key] = (await findRecord(api, of, word, { latest: given.options.latest === true })).id
  }
  return send(found)
}

function isRefusedFor(error: unknown, { field }: Reference): boolean {
  if (field === undefined) return isGone(error)
  const isRefusal = error instanceof ServerError && error.ofService && (error.status === 400 || error.status === 422)
  return isRefusal && error.fields.some((problem) => problem.field === field)
}
