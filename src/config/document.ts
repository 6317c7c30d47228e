import { parseTOML, type AST } from 'toml-eslint-parser'
import { CliError } from '../errors.ts'
import { readTextFile } from '../files/read-file.ts'
import { isNumber, type Value, type ValueMap } from '../json/value.ts'
import { hasDefaults, invalidToml, type Configuration, type Settings } from './configuration.ts'

/**
 * A configuration as it stands in its file: keys in their order, numbers and dates (both as NumberText) as they are
 * written. Comments are not kept. Source: the original, which loses them too.
 */
export type Document = ValueMap

/**
 * Reads a configuration to change it or to show all of it; an empty document where there is no file.
 *
 * @throws CliError where it can't be read, or isn't TOML.
 */
export function readDocument(path: string): Document {
  return documentOf(path, readTextFile(path, 'configuration'))
}

/**
 * The document that the text of a file is; an empty one where there is none.
 *
 * @throws CliError where it isn't TOML.
 */
export function documentOf(path: string, text = ''): Document {
  try {
    return parseDocument(text)
  } catch (error) {
    const { message, lineNumber } = error as Error & { lineNumber?: number }
    throw invalidToml(path, message, lineNumber, error)
  }
}

/** @throws SyntaxError with a lineNumber. */
export function parseDocument(text: string): Document {
  const root: Document = new Map()
  for (const node of parseTOML(text).body[0].body) {
    const table = node.type === 'TOMLTable' ? openTable(root, node) : root
    for (const pair of node.type === 'TOMLTable' ? node.body : [node]) assign(table, pair, text)
  }
  return root
}

/** A command's defaults with every number and date as it is written. */
export function exactTable({ path }: Configuration, words: readonly string[]): Settings | undefined {
  const found = hasDefaults(words) ? valueAt(readDocument(path), words) : undefined
  return found instanceof Map ? Object.fromEntries([...found].map(([key, value]) => [key, shown(value)])) : undefined
}

/** What a path of keys leads to. */
export function valueAt(document: Document, path: readonly string[]): Value | undefined {
  let found: Value | undefined = document
  for (const key of path) found = found instanceof Map ? found.get(key) : undefined
  return found
}

/**
 * Sets what a path of keys leads to, and makes the tables on the way.
 *
 * @throws CliError where one on the way is a value.
 */
export function setValue(document: Document, path: readonly string[], value: Value): void {
  tableAlong(document, path.slice(0, -1)).set(path.at(-1)!, value)
}

/**
 * The table that a path of keys leads to; made where it is missing.
 *
 * @throws CliError where one on the way is a value.
 */
export function tableAlong(document: Document, path: readonly string[]): ValueMap {
  let table = document
  path.forEach((key, depth) => {
    const found: Value = table.get(key) ?? new Map()
    if (!(found instanceof Map)) throw notSettable(`${path.slice(0, depth + 1).join('.')} is a value, not a section`)
    table.set(key, found)
    table = found
  })
  return table
}

/** That something can't be set, in the original's words, and why. */
export function notSettable(why: string): CliError {
  return new CliError('Unable to set property.', { more: [why], next: ['config', 'set', 'SECTION', 'KEY=VALUE'] })
}

/** The document's value as a command prints it: a number as JSON has it, a date as text. */
export function shown(value: Value): Value {
  if (isNumber(value)) return shownNumber(value.number)
  if (Array.isArray(value)) return value.map(shown)
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, shown(item)]))
  return value
}

function shownNumber(written: string): Value {
  if (/:|\d-\d\d-/.test(written)) return written
  const bare = written.replaceAll('_', '').replace(/^\+/, '')
  if (/^0[xob]/.test(bare)) return { number: String(BigInt(bare)) }
  if (/inf$/.test(bare)) return { number: bare.replace('inf', 'Infinity') }
  return { number: bare.replace('nan', 'NaN') }
}

function openTable(root: Document, node: AST.TOMLTable): ValueMap {
  let table = root
  const keys = node.resolvedKey
  keys.forEach((key, depth) => {
    if (typeof key === 'number') return
    const index = keys[depth + 1]
    if (typeof index !== 'number') {
      table = childTable(table, key)
      return
    }
    const list = (table.get(key) ?? []) as ValueMap[]
    table.set(key, list)
    table = list[index] ??= new Map()
  })
  return table
}

function assign(table: ValueMap, { key, value }: AST.TOMLKeyValue, text: string): void {
  const names = key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value))
  names.slice(0, -1).reduce(childTable, table).set(names.at(-1)!, valueOf(value, text))
}

function childTable(table: ValueMap, key: string): ValueMap {
  const child = (table.get(key) ?? new Map()) as ValueMap
  table.set(key, child)
  return child
}

function valueOf(node: AST.TOMLContentNode, text: string): Value {
  if (node.type === 'TOMLArray') return node.elements.map((element) => valueOf(element, text))
  if (node.type === 'TOMLInlineTable') {
    const table: ValueMap = new Map()
    for (const pair of node.body) assign(table, pair, text)
    return table
  }
  if (node.kind === 'string' || node.kind === 'boolean') return node.value
  // The parser's own text of a number has lost its underscores.
  return { number: text.slice(...node.range) }
}
