import { usageError, type CliError } from '../errors.ts'
import { isNumber, type NumberText, type Value } from '../json/value.ts'
import type { OptionDefinition } from '../definitions/definition.ts'
import { checks, type Warnings } from './checks.ts'
import { parseDuration } from '../time/duration.ts'
import { readTextFile } from './file.ts'
import { expandList } from './host-list.ts'

/** What reading a value needs besides its text. */
export interface Reading extends Warnings {
  cwd: string
}

/**
 * An option's value from its text; of one that is given each time anew, one of its values.
 *
 * @throws CliError that names the option and says what it takes.
 */
export function readValue(option: OptionDefinition, text: string, reading: Reading): unknown {
  const value = readers[option.type](option, text, reading)
  if (typeof value === 'number') checkRange(option, value, text)
  if (option.check) checks[option.check](option.flag, text, value, reading)
  return value
}

function checkRange({ flag, min = -Infinity, max = Infinity }: OptionDefinition, value: number, text: string): void {
  if (value < min) throw invalid(flag, `${text} is below ${min}`)
  if (value > max) throw invalid(flag, `${text} is above ${max}`)
}

/** A failure that names the option whose value is wrong. */
export function invalid(flag: string, why: string, next?: string): CliError {
  return usageError(`Invalid value for '${flag}': ${why}`, { next })
}

/** A value as a message names it: `7.5`, `a list`, `a table`. */
export function describeValue(value: Value): string {
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Map) return 'a table'
  return isNumber(value) ? value.number : String(value) || 'an empty text'
}

/** The text of a setting in a configuration; undefined for a list or a table, which have none. */
export function settingText(setting: unknown): string | undefined {
  if (typeof setting !== 'object' || setting === null) return String(setting)
  return isNumber(setting as Value) ? (setting as NumberText).number : undefined
}

type Reader = (option: OptionDefinition, text: string, reading: Reading) => unknown

const text: Reader = (_, given) => given

const readers: Readonly<Record<OptionDefinition['type'], Reader>> = {
  text,
  path: text,
  choice: readChoice,
  integer: (option, given) => readInteger(option.flag, given),
  boolean: (option, given) => readBoolean(option.flag, given),
  // The only files that options take as their value.
  file: (option, given, reading) => readTextFile(option.flag, given, 'publicKey', reading),
  texts: (option, given) => (option.choices ? expandList(given).map((one) => readChoice(option, one)) : expandList(given)),
  booleans: (option, given) => expandList(given).map((one) => readBoolean(option.flag, one)),
  each: (option, given) => (option.choices ? readChoice(option, given) : given),
  duration: (option, given) => {
    const seconds = parseDuration(given)
    if (seconds !== undefined) return seconds
    throw invalid(option.flag, `${given} is not a time`, `${option.flag} 90s, or 15m, 2h, 7d`)
  },
  count: (option, given) => {
    if (/^\d{1,9}$/.test(given)) return Number(given)
    throw invalid(option.flag, `${given} is not a number from 0 up`)
  },
  flag: (option, given) => readBoolean(option.flag, given),
  level: (option, given) => {
    if (/^\d+$/.test(given)) return Number(given)
    throw invalid(option.flag, `${given} is not a number from 0 up`)
  },
}

function readChoice({ flag, choices, formerly }: OptionDefinition, given: string): string {
  if (choices!.includes(given)) return given
  if (formerly && Object.hasOwn(formerly, given)) return formerly[given]!
  throw invalid(flag, `invalid choice: ${given}. (choose from ${choices!.join(', ')})`)
}

const trueWords = new Set(['true', 't', '1', 'yes', 'y'])
const falseWords = new Set(['false', 'f', '0', 'no', 'n'])

function readBoolean(flag: string, given: string): boolean {
  const word = given.toLowerCase()
  if (trueWords.has(word)) return true
  if (falseWords.has(word)) return false
  throw invalid(flag, `${given} is not a valid boolean`)
}

// As Python's int() reads it: single underscores between digits, white space around.
function readInteger(flag: string, given: string): NumberText {
  const match = /^\s*([+-]?)(\d+(?:_\d+)*)\s*$/.exec(given)
  if (!match) throw invalid(flag, `${given} is not a valid integer`)
  const digits = match[2]!.replaceAll('_', '').replace(/^0+(?=\d)/, '')
  return { number: match[1] === '-' && digits !== '0' ? `-${digits}` : digits }
}
