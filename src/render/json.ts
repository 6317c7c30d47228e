import { isNumber, type Value } from '../json/value.ts'
import { numberText } from './number.ts'

/** The value as Python's `json.dumps` with an indent of 2 writes it, all ASCII; without a newline at the end. */
export function renderJson(value: Value): string {
  // The same keys come again in every record.
  const keys = new Map<string, string>()
  return write(value, '\n')

  function write(item: Value, newline: string): string {
    if (typeof item === 'string') return quote(item)
    if (item === null || typeof item === 'boolean') return String(item)
    if (isNumber(item)) return constants[numberText(item)] ?? numberText(item)
    const inner = newline + '  '
    let text = ''
    if (Array.isArray(item)) {
      if (item.length === 0) return '[]'
      for (const element of item) text += (text === '' ? '[' : ',') + inner + write(element, inner)
      return text + newline + ']'
    }
    if (item.size === 0) return '{}'
    for (const [key, member] of item) text += (text === '' ? '{' : ',') + inner + quoteKey(key) + write(member, inner)
    return text + newline + '}'
  }

  function quoteKey(key: string): string {
    let quoted = keys.get(key)
    if (quoted === undefined) {
      quoted = quote(key) + ': '
      keys.set(key, quoted)
    }
    return quoted
  }
}

const constants: Readonly<Record<string, string>> = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' }

function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(/[^ -~]/g, unit => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'))
}
