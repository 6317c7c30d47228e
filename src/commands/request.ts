import { usageError } from '../errors.ts'
import { encodeSegment, type ApiRequest } from '../ims/api.ts'
import { isUuid } from '../ims/names.ts'
import { isGone, ServerError } from '../ims/server-error.ts'
import { isNumber, type Value, type ValueMap } from '../json/value.ts'
import type { Format } from '../definitions/formats.ts'
import { watchFormats, type ViewOptions } from '../definitions/views.ts'
import { argumentKey, flagKey, optionKey, type CommandDefinition, type OptionDefinition } from '../definitions/definition.ts'
import type { CommandContext, Run } from '../context.ts'

type Options = ViewOptions & Readonly<Record<string, unknown>>
type Arguments = Readonly<Record<string, string>>

/**
 * Runs a command that sends the request of its row and prints the answer. Where its argument takes several records,
 * more than one is another matter; one that is named by another word than a UUID is sent as it was typed, and looked up
 * once the service says that it knows no such record. In a terminal, or with `--latest`, so are the ids of fields: elsewhere
 * such a line sends one request, as the original does.
 */
export const run: Run<Options, Readonly<Record<string, string | readonly string[]>>> = async (context, options, given) => {
  const { command } = context
  const [argument] = command.arguments ?? []
  const key = argument && argumentKey(argument)
  const words = key === undefined ? [] : [given[key]!].flat()
  const record = argument?.record
  const latest = options.latest === true
  const send = (word: string | undefined, own = options) => sendOne(context, own, key === undefined ? {} : { [key]: word! })
  if (!record) {
    return send(words[0]).catch(async (error: unknown) => send(words[0], await withIds(context, options, error)))
  }
  if (words.length > 1 || words[0] === '-') {
    if (options.watch) throw usageError('--watch shows one record, or a list.')
    const { runSeveral } = await import('./several.ts')
    return runSeveral(context, { of: record, words, latest }, (id) => makeRequest(command, options, { [key!]: id }))
  }
  const [word] = words as [string]
  try {
    return await send(word)
  } catch (error) {
    if (isUuid(word) || !isGone(error)) throw error
  }
  const { findRecords } = await import('./find-record.ts')
  const [found] = await findRecords(await context.api(), record, [word], { latest })
  return send(found!.id)
}

/**
 * The options with the ids of the records that they name.
 *
 * @param refusal of the request with what was typed.
 * @throws it where it isn't about such an option; CliError where a word names none or several.
 */
async function withIds(context: CommandContext, options: Options, refusal: unknown): Promise<Options> {
  const rows = context.command.options ?? []
  const asks = options.latest === true || context.io.stderr.isTTY
  const refused = asks && refusal instanceof ServerError && refusal.status === 422 ? refusal.fields.map(({ field }) => field) : []
  const named = rows.filter((row) => row.record && refused.includes(row.field!) && !isUuid(options[optionKey(row)] as string))
  if (named.length === 0) throw refusal
  const { findRecords } = await import('./find-record.ts')
  const api = await context.api()
  const found = { ...options }
  for (const row of named) {
    const of = 'by' in row.record! ? row.record.kinds[options[flagKey(row.record.by)] as string]! : row.record!
    const [record] = await findRecords(api, of, [options[optionKey(row)] as string], { latest: options.latest === true })
    found[optionKey(row)] = record!.id
  }
  return found
}

async function sendOne(context: CommandContext, options: Options, args: Arguments): Promise<number> {
  const { command } = context
  const request = makeRequest(command, options, args)
  if (options.watch && isWatched(context.global.format)) return (await import('./watch.ts')).watch(context, request, options)
  const selection = selects(command, options)
    ? (await import('./selection.ts')).createSelection(command, options, context.io.now())
    : undefined
  const isStreamed = request.method === 'GET' && !selection?.sorts
  const [api, open] = await Promise.all([context.api(), isStreamed ? context.listPrinter(selection?.keeps) : undefined])
  const print = (answer: Value | undefined) => context.print(selection ? selection.apply(answer) : answer)
  if (!open) return print(await api.send(request))
  const answer = await api.sendForList(request, open)
  return 'list' in answer ? answer.list.print() : print(answer.value)
}

/** Whether a command's options select or sort the records that it prints. */
const selects = ({ options: rows = [] }: CommandDefinition, options: Options): boolean =>
  options.sort_by !== undefined || rows.some((row) => row.filters && options[optionKey(row)] !== undefined)

const isWatched = (format: Format) => (watchFormats as readonly Format[]).includes(format)

/**
 * The request that a command's row, options and arguments make.
 *
 * @throws CliError for an id that would be another path, and for lists of unequal length.
 */
export function makeRequest(command: CommandDefinition, options: Readonly<Record<string, unknown>>, args: Arguments): ApiRequest {
  const { method, path } = command.request!
  const fields = (command.options ?? []).filter((option) => option.field && options[optionKey(option)] !== undefined)
  return {
    method,
    path: (command.arguments ?? []).reduce((whole, argument) => {
      const key = argumentKey(argument)
      return whole.replace(`{${key}}`, () => encodeSegment(args[key]!, argument.name))
    }, path),
    optionOf: (field) => optionFor(field, command.options ?? [], options),
    ...(method === 'DELETE' ? { query: makeQuery(fields, options) } : { body: makeBody(fields, options) }),
  }
}

function makeQuery(fields: readonly OptionDefinition[], options: Record<string, unknown>): Record<string, string | string[]> {
  return Object.fromEntries(fields.map((option) => [option.field!, options[optionKey(option)] as string | string[]]))
}

function makeBody(fields: readonly OptionDefinition[], options: Record<string, unknown>): Value | undefined {
  if (fields.length === 0) return undefined
  const body: ValueMap = new Map()
  for (const option of fields) {
    const value = options[optionKey(option)] as Value
    const [head, tail] = option.field!.split(/\[\]\.|\./) as [string, string?]
    if (tail === undefined) body.set(head, value)
    else if (option.field!.includes('[]')) setEach(body, head, tail, value as Value[], option, fields)
    else body.set(head, nested(body.get(head)).set(tail, value))
  }
  return body
}

const nested = (value: Value | undefined): ValueMap => (value instanceof Map ? value : new Map<string, Value>())

/** Two list options that describe the same objects go together, element by element. */
function setEach(
  body: ValueMap,
  head: string,
  tail: string,
  values: Value[],
  option: OptionDefinition,
  fields: readonly OptionDefinition[],
): void {
  const present = body.get(head) as Value[] | undefined
  if (present && present.length !== values.length) {
    const other = fields.find((field) => field !== option && field.field!.startsWith(`${head}[].`))!
    const shorter = present.length < values.length ? other : option
    throw usageError(`Invalid value: Missing parameter: ${shorter.flag}`, {
      more: [`  ${other.flag} has ${present.length}, ${option.flag} has ${values.length}`],
    })
  }
  body.set(
    head,
    values.map((value, at) => nested(present?.[at]).set(tail, value)),
  )
}

/** The option of a refused field, with what was typed: `--link-type http`; without, where it is missing. */
function optionFor(field: string, rows: readonly OptionDefinition[], options: Record<string, unknown>): string | undefined {
  const plain = field.replace(/\.\d+(?=\.|$)/g, '[]')
  const head = (row: OptionDefinition) => row.field?.split(/\[\]\.|\./)[0]
  const option =
    rows.find((row) => row.field === plain) ??
    rows.find((row) => head(row) === plain && options[optionKey(row)] !== undefined) ??
    rows.find((row) => head(row) === plain)
  if (!option) return undefined
  const value = options[optionKey(option)]
  if (value === undefined || option.type === 'file') return option.flag
  return `${option.flag} ${isNumber(value as Value) ? (value as { number: string }).number : String(value as string | readonly string[])}`
}
