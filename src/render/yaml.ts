import { isNumber, type Value, type ValueMap } from '../json/value.ts'
import { numberText } from './number.ts'
import { isPlain, writeScalar } from './yaml-scalar.ts'

/** A key as it is written, with its columns; a key that takes the `? key` form has none. */
interface Key {
  text: string
  columns: number | undefined
}

/** Key and value as two lines of their own from this length on, `!!str` counted in, as YAML 1.1 emitters do. */
const longestKey = 128 - '!!str'.length - 1

/** The value in block style as ruamel.yaml's round-trip dumper writes it with its defaults. */
export function renderYaml(value: Value): string {
  // The same keys come again in every record.
  const keys = new Map<string, Key>()
  return isBlock(value) ? block(value, 0) : `${scalar(value, 0, 2)}\n`

  /** The lines of a list or table; the first one without its indent. */
  function block(item: Value[] | ValueMap, indent: number): string {
    const pad = ' '.repeat(indent)
    let text = ''
    if (Array.isArray(item)) {
      for (const element of item) text += `${text === '' ? '' : pad}-${element === null ? ' \n' : after(element, indent)}`
      return text
    }
    for (const [name, member] of item) text += (text === '' ? '' : pad) + entry(name, member, indent, pad)
    return text
  }

  function entry(name: string, member: Value, indent: number, pad: string): string {
    const key = keyOf(name)
    if (key.columns === undefined) {
      return `? ${writeScalar(name, indent + 2, indent + 2)}\n${pad}:${member === null ? '\n' : after(member, indent)}`
    }
    if (member === null) return key.text + '\n'
    if (!isBlock(member)) return `${key.text} ${scalar(member, indent + key.columns + 1, indent + 2)}\n`
    const inner = Array.isArray(member) ? indent : indent + 2
    return `${key.text}\n${' '.repeat(inner)}${block(member, inner)}`
  }

  /** What follows a `-` or a `:` that stands alone. */
  function after(item: Value, indent: number): string {
    return isBlock(item) ? ' ' + block(item, indent + 2) : ` ${scalar(item, indent + 2, indent + 2)}\n`
  }

  function keyOf(name: string): Key {
    let key = keys.get(name)
    if (key === undefined) {
      const simple = [...name].length <= longestKey && !/[\n\x85\u2028\u2029]/.test(name)
      const text = simple ? writeScalar(name, 0) + ':' : ''
      key = { text, columns: simple ? [...text].length : undefined }
      keys.set(name, key)
    }
    return key
  }
}

function isBlock(item: Value): item is Value[] | ValueMap {
  return Array.isArray(item) ? item.length > 0 : item instanceof Map && item.size > 0
}

function scalar(item: Value, column: number, indent: number): string {
  if (typeof item === 'string') return isPlain(item) ? item : writeScalar(item, column, indent)
  if (item === null) return ''
  if (typeof item === 'boolean') return String(item)
  if (isNumber(item)) return numberText(item).replace(/^(-?)(nan|inf)$/, '$1.$2')
  return Array.isArray(item) ? '[]' : '{}'
}
