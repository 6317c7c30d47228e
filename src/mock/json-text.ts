import { isObject } from '../json/is-object.ts'

/**
 * JSON as Flask's `jsonify` writes it: sorted keys, no spaces, ASCII only.
 * Source: recorded answers of the service (lists, records read and changed).
 */
export function sortedText(value: unknown): string {
  return ascii(sorted(value))
}

/**
 * JSON as Python's `json.dumps` writes it: keys as they come, a space after `:` and `,`, ASCII only.
 * Source: recorded answers of the service (records created, problems, messages).
 */
export function spacedText(value: unknown): string {
  return ascii(spaced(value))
}

// Strings are put together by hand, because an object would move keys like "10" to the front.
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${sorted(value[key])}`)
    .join(',')}}`
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`)
    .join(', ')}}`
}

function ascii(text: string): string {
  return text.replace(/[\x7f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The lines of JSON as Python's `json.dumps` writes it with sorted keys and an indent of four. */
export function sortedLines(value: unknown): string[] {
  return ascii(JSON.stringify(inOrder(value), null, 4)).split('\n')
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, inOrder(value[key])]),
  )
}
