import { isObject } from '../json/is-object.ts'

/** What the service demands of one field of a request. */
export interface Field {
  readonly type: 'text' | 'boolean' | 'integer' | 'uuid' | 'object' | 'list' | 'texts by key'
  readonly required?: true
  readonly nullable?: true
  /** What is said of an empty text; texts may be empty where there is none. */
  readonly blank?: string
  readonly choices?: readonly string[]
  /** What is said of another value than the choices, in front of `must be one of: …`. */
  readonly called?: string
  /** What is said of a number below 1. */
  readonly tooSmall?: string
  /** The fields of an object, or of each object in a list. */
  readonly fields?: Fields
}

export type Fields = { readonly [name: string]: Field }

/** Errors by field, nested as the fields are; a list's by index. */
export type Errors = { [name: string]: string[] | Errors }

/**
 * What is wrong with the data of a request; undefined when nothing is.
 * Source: marshmallow, which the service validates with: its messages and its order.
 */
export function errorsIn(fields: Fields, data: unknown): Errors | undefined {
  if (!isObject(data)) return { _schema: ['Invalid input type.'] }
  const errors: Errors = {}
  for (const [name, field] of Object.entries(fields)) {
    if (Object.hasOwn(data, name)) {
      const wrong = wrongWith(field, data[name])
      if (wrong) errors[name] = wrong
    } else if (field.required) {
      errors[name] = ['Missing data for required field.']
    }
  }
  for (const name of Object.keys(data)) {
    if (!Object.hasOwn(fields, name)) errors[name] = ['Unknown field.']
  }
  return Object.keys(errors).length > 0 ? errors : undefined
}

function wrongWith(field: Field, value: unknown): string[] | Errors | undefined {
  if (value === null) return field.nullable ? undefined : ['Field may not be null.']
  switch (field.type) {
    case 'text':
      return typeof value === 'string' ? wrongText(field, value) : ['Not a valid string.']
    case 'boolean':
      return readBoolean(value) === undefined ? ['Not a valid boolean.'] : undefined
    case 'integer':
      return wrongInteger(field, value)
    case 'uuid':
      return readUuid(value) === undefined ? ['Not a valid UUID.'] : undefined
    case 'object':
      return errorsIn(field.fields ?? {}, value)
    case 'list':
      return Array.isArray(value)
        ? collected(value.map((item, index) => [index, wrongWith({ type: 'object', fields: field.fields }, item)]))
        : ['Not a valid list.']
    case 'texts by key':
      return wrongTexts(value)
  }
}

function wrongText(field: Field, text: string): string[] | undefined {
  if (field.blank !== undefined && text === '') return [field.blank]
  if (!field.choices || field.choices.includes(text)) return undefined
  const rule = `ust be one of: ${field.choices.join(', ')}.`
  return [field.called === undefined ? `M${rule}` : `${field.called} m${rule}`]
}

function wrongInteger(field: Field, value: unknown): string[] | undefined {
  if (value === Infinity || value === -Infinity) return ['Number too large.']
  const number = readInteger(value)
  if (number === undefined) return ['Not a valid integer.']
  return field.tooSmall !== undefined && number < 1 ? [field.tooSmall] : undefined
}

// Keys of a Map may be anything that JSON has.
function wrongTexts(value: unknown): string[] | Errors | undefined {
  const entries = value instanceof Map ? [...value] : isObject(value) ? Object.entries(value) : undefined
  if (!entries) return ['Not a valid mapping type.']
  const wrong = (text: unknown) => wrongWith({ type: 'text' }, text)
  return collected(
    entries.map(([key, item]) => [
      key,
      collected([
        ['key', wrong(key)],
        ['value', wrong(item)],
      ]),
    ]),
  )
}

function collected(found: readonly (readonly [key: unknown, errors: string[] | Errors | undefined])[]): Errors | undefined {
  const wrong = found.flatMap(([key, errors]) => (errors ? [[String(key), errors] as const] : []))
  return wrong.length > 0 ? Object.fromEntries(wrong) : undefined
}

const truthy = new Set<unknown>([true, 1, '1', 't', 'T', 'true', 'True', 'TRUE', 'y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'])
const falsy = new Set<unknown>([false, 0, '0', 'f', 'F', 'false', 'False', 'FALSE', 'n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'])

/** A boolean as the service reads it, which takes words and digits for one, too. */
export function readBoolean(value: unknown): boolean | undefined {
  if (truthy.has(value)) return true
  return falsy.has(value) ? false : undefined
}

/** A whole number as the service reads it, which takes digits in a text, too, drops a fraction, and takes no boolean. */
export function readInteger(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined
  return typeof value === 'string' && /^\s*[+-]?\d+(_\d+)*\s*$/.test(value) ? Number(value.replaceAll('_', '')) : undefined
}

/** A UUID in its usual spelling; the service takes it without dashes, in braces and in upper case, too. */
export function readUuid(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const digits = value
    .replace(/urn:|uuid:/g, '')
    .replace(/^[{}]+|[{}]+$/g, '')
    .replaceAll('-', '')
    .toLowerCase()
  if (!/^[0-9a-f]{32}$/.test(digits)) return undefined
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
