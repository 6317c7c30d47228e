import { isAttended } from '../builds/with-writes.ts'
import type { CommandContext, Run } from '../context.ts'
import type { Resource } from '../definitions/resource.ts'
import { aborted, CliError } from '../errors.ts'
import { createdAt } from '../ims/created.ts'
import type { Value } from '../json/value.ts'
import type { Referable } from '../ims/reference.ts'
import { isRevivable, tellDeleted } from './prune/tell.ts'
import { makeRequest, run as send } from './request.ts'

/**
 * Deletes every record of a kind. In a terminal it first says which would go, and asks; elsewhere it acts at once, as the
 * original does.
 *
 * @throws CliError when the answer is no.
 */
export const run: Run<{ yes?: boolean }> = async (context, options, args) => {
  if (isAttended(context) && !options.yes) await confirm(context, options, args)
  return send(context, options, args)
}

async function confirm(context: CommandContext, options: Record<string, unknown>, args: Record<string, string>): Promise<void> {
  const of = context.command.deletesAll!
  const { path, query = {} } = makeRequest(context.command, options, args)
  const records = await (await context.api()).send({ method: 'GET', path })
  if (!Array.isArray(records))
    throw new CliError(`the service's list can't be counted: GET ${path} didn't answer with a list`, { more: ['Nothing was deleted.'] })
  const deleted = records.filter((record) => picked(record, query, context.io.now())).map((record) => toldOf(record, of))
  if (deleted.length > 0) tellDeleted(context, of, deleted)
  const answer = await context.questions.ask(question(context, of, deleted.length, Object.keys(query).length === 0))
  if (!/^y(es)?$/i.test(answer.trim())) throw aborted()
}

/** @param all whether nothing picks some of them. */
function question(context: CommandContext, of: Resource, count: number, all: boolean): string {
  const { many, one, words } = of
  if (count === 0) return `Delete ${all ? `all ${many}` : `these ${many}`}? There are none now. [y/N]: `
  const what = count === 1 ? `${all ? 'the only' : 'this'} ${one}` : `${all ? 'all' : 'these'} ${count} ${many}`
  const they = count === 1 ? 'It' : 'They'
  const back = isRevivable(of) ? `can be brought back with ${context.commandLine(words, 'undelete')}` : "can't be brought back"
  return `Delete ${what}? ${they} ${back}.\n[y/N]: `
}

function toldOf(record: Value, { key }: Resource): Referable {
  const textAt = (field: string) => {
    const text = record instanceof Map ? record.get(field) : undefined
    return typeof text === 'string' ? text : undefined
  }
  return { id: textAt(key) ?? '?', name: textAt('name') ?? textAt('image_root_archive_name') ?? '', created: textAt('created') }
}

const hours: Readonly<Record<string, number>> = { d: 24, h: 1 }

/** Whether the service would pick a record. */
function picked(record: Value, query: Readonly<Record<string, string | readonly string[]>>, now: number): boolean {
  if (!(record instanceof Map)) return false
  return Object.entries(query).every(([field, wanted]) => {
    if (field !== 'age') return [wanted].flat().some((one) => record.get(field) === one)
    const age = String(wanted)
    const created = record.get('created')
    return typeof created === 'string' && createdAt({ created }) <= now - Number.parseInt(age) * hours[age.at(-1)!]! * 3_600_000
  })
}
