import { excerpt } from '../../text/printable.ts'
import type { OptionDefinition } from '../../definitions/definition.ts'
import { orList } from '../../definitions/relations.ts'
import type { SourceNode } from './source-node.ts'
import { choicesInFile, keyOf } from './keys.ts'

/** What a key's value is to a command, as if it had been an option; or why it is none. */
export type Typed = { readonly value: unknown } | { readonly why: string }

const wholeNumber = /^([-+]?\d[\d_]*|0[xob][\da-f_]+)$/i

/** Reads the value of a key by its row. */
export function typedValue(row: OptionDefinition, { value }: SourceNode): Typed {
  const key = keyOf(row)
  const no = (hint = '') => ({ why: `${key} takes ${wanted(row)}, not ${described(value)}${hint}` })
  if (value === null) return { why: `${key} has no value: it takes ${wanted(row)}` }
  if (row.type === 'integer') {
    if (typeof value === 'object' && 'number' in value && wholeNumber.test(value.number)) return { value: { number: digits(value.number) } }
    return no(typeof value === 'string' && /^\d+$/.test(value) ? ': leave out the quotes' : '')
  }
  if (row.type === 'boolean' || row.type === 'flag') {
    if (typeof value === 'boolean') return { value }
    return no(value === 'true' || value === 'false' ? ': leave out the quotes' : '')
  }
  if (row.type === 'each') return typedTexts(key, value)
  const choices = choicesInFile(row)
  if (choices) {
    if (choices.some((choice) => choice === value)) return { value }
    const why = row.choices?.some((choice) => choice === value) ? row.choicesWith?.['--file']?.why : undefined
    return why === undefined ? no() : { why: `${key} takes ${wanted(row)} in a file, not ${value as string}: ${why}` }
  }
  if (typeof value !== 'string') return no(quotes(value))
  return value.trim() === '' ? { why: `${key} is empty` } : { value }
}

/** A map of texts, as an object of them. */
function typedTexts(key: string, value: SourceNode['value']): Typed {
  if (!(value instanceof Map)) return { why: `${key} takes a map of texts, not ${described(value)}` }
  const wrong = [...value].find(([, { value: item }]) => typeof item.value !== 'string')
  if (!wrong) return { value: Object.fromEntries([...value].map(([name, { value: item }]) => [name, item.value])) }
  const [name, { value: item }] = wrong
  return { why: `${key} takes texts, and ${excerpt(name, 60)} is ${described(item.value)}${quotes(item.value)}` }
}

function wanted(row: OptionDefinition): string {
  const { type } = row
  const choices = choicesInFile(row)
  if (choices) return orList(choices)
  if (type === 'integer') return 'a whole number'
  if (type === 'each') return 'a map of texts'
  return type === 'boolean' || type === 'flag' ? 'true or false' : 'a text'
}

/** A value as a message names it: `the text "big"`, `a list`. */
export function described(value: SourceNode['value']): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Map) return 'a map'
  if (typeof value === 'string') return `the text ${JSON.stringify(excerpt(value, 60))}`
  if (typeof value === 'boolean') return String(value)
  return 'number' in value ? `the number ${excerpt(value.number, 60)}` : `the date ${value.date}`
}

/** Where a text was meant, and written so that the format reads something else. */
function quotes(value: SourceNode['value']): string {
  if (value === null || Array.isArray(value) || value instanceof Map) return ''
  const written = typeof value !== 'object' ? String(value) : 'number' in value ? value.number : value.date
  return `: put it in quotes, "${excerpt(written, 60)}"`
}

const digits = (written: string) => String(BigInt(written.replaceAll('_', '').replace(/^\+/, '')))
