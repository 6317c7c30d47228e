import { isNumber, type NumberText, type Value, type ValueMap } from '../json/value.ts'
import { numberText } from './number.ts'

/** A table taken apart: its own lines, then its lists of tables, and the sub-tables by their written key. */
interface Sections {
  lines: string
  lists: string
  tables: [string, ValueMap][]
}

/**
 * The value as the `toml` package 0.10.2 for Python writes it, with its order and its empty lines. Where that one
 * writes broken TOML (control characters, lists that mix tables with other things) this writes valid TOML.
 *
 * @param number how a number is written; as Python would by default.
 */
export function renderToml(value: Value, number: (item: NumberText) => string = tomlNumber): string {
  // The same keys come again in every record.
  const keys = new Map<string, string>()
  const top: ValueMap = value instanceof Map ? value : new Map([['results', value]])
  const { lines, lists, tables } = take(top, '')
  let text = lines + lists
  let spaced = lists.endsWith('\n\n')
  for (let level = tables; level.length > 0; ) {
    const next: [string, ValueMap][] = []
    for (const [path, table] of level) {
      const part = take(table, path + '.')
      const body = part.lines + part.lists
      if (body !== '' || part.tables.length === 0) {
        text += `${text === '' || spaced ? '' : '\n'}[${path}]\n${body}`
        spaced = part.lists.endsWith('\n\n')
      }
      for (const [key, inner] of part.tables) next.push([`${path}.${key}`, inner])
    }
    level = next
  }
  return text

  function take(table: ValueMap, prefix: string): Sections {
    const tables: [string, ValueMap][] = []
    let lines = ''
    let lists = ''
    for (const [name, item] of table) {
      if (item === null) continue
      const key = keyText(name)
      if (item instanceof Map) tables.push([key, item])
      else if (Array.isArray(item) && item.some(isTable)) {
        if (item.every(isTable)) for (const element of item) lists += takeElement(element, prefix + key)
        else lines += `${key} = ${inlineMixed(item)}\n`
      } else lines += `${key} = ${inline(item)}\n`
    }
    return { lines, lists, tables }
  }

  function takeElement(table: ValueMap, path: string): string {
    const { lines, lists, tables } = take(table, path + '.')
    let text = `[[${path}]]\n${lines === '' ? `\n${lists}` : `${lines}${lists}\n`}`
    for (let level = tables; level.length > 0; ) {
      const next: [string, ValueMap][] = []
      for (const [key, inner] of level) {
        const part = take(inner, `${path}.${key}.`)
        const body = part.lines + part.lists
        if (body !== '') text += `[${path}.${key}]\n${body}`
        for (const [name, table] of part.tables) next.push([`${key}.${name}`, table])
      }
      level = next
    }
    return text
  }

  function keyText(name: string): string {
    let key = keys.get(name)
    if (key === undefined) {
      key = /^[A-Za-z0-9_-]+$/.test(name) ? name : quote(name)
      keys.set(name, key)
    }
    return key
  }

  function inline(item: Value): string {
    if (typeof item === 'string') return quote(item)
    if (item === null) return '"None"'
    if (typeof item === 'boolean') return String(item)
    if (isNumber(item)) return number(item)
    return list(item instanceof Map ? [...item.keys()].map(quote) : item.map(inline))
  }

  /** A list that mixes tables with other things. The original fails there, so nothing needs to be lost. */
  function inlineMixed(item: Value): string {
    if (Array.isArray(item)) return list(item.map(inlineMixed))
    if (!(item instanceof Map)) return inline(item)
    const members = [...item].filter(([, member]) => member !== null)
    return `{${members.map(([name, member]) => `${keyText(name)} = ${inlineMixed(member)}`).join(', ')}}`
  }
}

function tomlNumber(item: NumberText): string {
  return numberText(item).replace('e-0', 'e-')
}

function isTable(item: Value): item is ValueMap {
  return item instanceof Map
}

function list(items: string[]): string {
  return items.length === 0 ? '[]' : `[ ${items.join(', ')},]`
}

function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  return `"${text.replace(/(?! )["\\\p{C}\p{Z}]/gu, escape)}"`
}

function escape(character: string): string {
  const short = escapes[character]
  if (short !== undefined) return short
  const code = character.codePointAt(0) ?? 0
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd'
  const digits = code.toString(16)
  return code > 0xffff ? '\\U' + digits.padStart(8, '0') : '\\u' + digits.padStart(4, '0')
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t',
}
