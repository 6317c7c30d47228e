import { isNumber, type Value } from '../json/value.ts'
import { optionKey, type CommandDefinition, type OptionDefinition, type OptionType } from '../definitions/definition.ts'
import { describeValue, invalid } from './values.ts'

type IsRight = (value: unknown, option: OptionDefinition) => boolean

const isText: IsRight = (value) => typeof value === 'string'
const isBoolean: IsRight = (value) => typeof value === 'boolean'
const isCount: IsRight = (value) => typeof value === 'number' && value >= 0
const isChoice: IsRight = (value, { choices }) => choices!.some((choice) => choice === value)
const isChosen: IsRight = (value, option) => (option.choices ? isChoice : isText)(value, option)
const listOf =
  (isRight: IsRight): IsRight =>
  (value, option) =>
    Array.isArray(value) && value.every((item) => isRight(item, option))

/** Whether a value is what a command expects of an option's type, wherever it came from. */
const expected: Readonly<Record<OptionType, IsRight>> = {
  text: isText,
  path: isText,
  file: isText,
  choice: isChoice,
  integer: (value) => isNumber(value as Value) && /^-?\d+$/.test((value as { number: string }).number),
  boolean: isBoolean,
  flag: isBoolean,
  texts: listOf(isChosen),
  booleans: listOf(isBoolean),
  each: listOf(isChosen),
  duration: isCount,
  count: isCount,
  level: isCount,
}

/**
 * Checks all values of a command, from whichever source, before anything is done with them.
 *
 * @throws CliError for one that its option's type doesn't allow, and for an empty one that would select what is deleted.
 */
export function checkValues(command: CommandDefinition, options: Readonly<Record<string, unknown>>): void {
  const deletes = command.request?.method === 'DELETE'
  for (const option of command.options ?? []) {
    const value = options[optionKey(option)]
    if (value === undefined || sendsAsConfigured(command, option, value as Value)) continue
    if (deletes && option.field && value === '') throw invalid(option.flag, 'the value is empty (unset variable?)')
    if (!expected[option.type](value, option)) throw invalid(option.flag, `${describeValue(value as Value)} is not a value that it takes`)
  }
}

/**
 * Whether a value of the configuration is sent as it is, right or wrong. Source: the original, which also sends wrong
 * filters of a DELETE.
 */
export function sendsAsConfigured({ request }: CommandDefinition, option: OptionDefinition, value: Value): boolean {
  if (!request || request.method === 'DELETE' || !option.field || option.type === 'file') return false
  return option.type === 'texts' || option.type === 'booleans' ? Array.isArray(value) : true
}
