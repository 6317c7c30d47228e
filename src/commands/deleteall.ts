import { aborted, CliError } from '../errors.ts'
import { createdAt } from '../ims/created.ts'
import type { Value } from '../json/value.ts'
import type { CommandContext, Run } from '../context.ts'
import { makeRequest, run as send } from './request.ts'

/**
 * Deletes every record of a kind. In a terminal it first says how many would go, and asks; elsewhere it acts at once,
 * as the original does.
 *
 * @throws CliError when the answer is no.
 */
export const run: Run<{ yes?: boolean }> = async (context, options, args) => {
  if (context.io.stdin.isTTY && context.io.stderr.isTTY && !options.yes) await confirm(context, options, args)
  return send(context, options, args)
}

async function confirm(context: CommandContext, options: Record<string, unknown>, args: Record<string, string>): Promise<void> {
  const { path, query = {} } = makeRequest(context.command, options, args)
  const records = await (await context.api()).send({ method: 'GET', path })
  if (!Array.isArray(records))
    throw new CliError(`the service's list can't be counted: GET ${path} didn't answer with a list`, { more: ['Nothing was deleted.'] })
  const count = records.filter((record) => picked(record, query, context.io.now())).length
  const what = path
    .slice(path.indexOf('/v3/') + 4)
    .replaceAll('/', ' ')
    .replace('-', ' ')
  const answer = await context.questions.ask(`Delete ${count === 0 ? 'none' : count === 1 ? '1' : `all ${count}`} of the ${what}? [y/N]: `)
  if (!/^y(es)?$/i.test(answer.trim())) throw aborted()
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
