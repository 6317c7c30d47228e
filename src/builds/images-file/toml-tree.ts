import { parseTOML, type AST } from 'toml-eslint-parser'
import { excerpt } from '../../text/printable.ts'
import type { SourceNode, SourceMapping, Reading, Scalar } from './source-node.ts'

/** The values of a TOML file. */
export function tomlTree(text: string, reading: Reading): SourceNode {
  const root: SourceMapping = new Map()
  const assign = (table: SourceMapping, { key, value, loc }: AST.TOMLKeyValue, depth: number): void => {
    const names = key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value))
    const { line } = loc.start
    const inner = names.slice(0, -1).reduce((outer, name) => childTable(outer, name, line), table)
    inner.set(names.at(-1)!, { line, value: locatedAt(value, depth + names.length) })
  }
  const locatedAt = (node: AST.TOMLContentNode, depth: number): SourceNode => {
    const { line } = node.loc.start
    reading.count(line, depth)
    if (node.type === 'TOMLArray') return { line, value: node.elements.map((element) => locatedAt(element, depth + 1)) }
    if (node.type === 'TOMLValue') return { line, value: scalarOf(node, text.slice(...node.range)) }
    const table: SourceMapping = new Map()
    for (const pair of node.body) assign(table, pair, depth)
    return { line, value: table }
  }

  for (const node of parse(text, reading).body[0].body) {
    const table = node.type === 'TOMLTable' ? openTable(root, node) : root
    for (const pair of node.type === 'TOMLTable' ? node.body : [node]) assign(table, pair, 1)
  }
  return { line: 1, value: root }
}

function parse(text: string, reading: Reading): AST.TOMLProgram {
  try {
    return parseTOML(text)
  } catch (error) {
    // The parser calls itself for each level.
    if (error instanceof RangeError) return reading.deep(1, Infinity) as never
    const { message, lineNumber: line } = error as Error & { lineNumber?: number }
    if (line === undefined) throw error
    return reading.fail(line, `not valid TOML: ${excerpt(message)}`)
  }
}

function scalarOf(node: AST.TOMLValue, written: string): Scalar {
  if (node.kind === 'string' || node.kind === 'boolean') return node.value
  return node.kind === 'integer' || node.kind === 'float' ? { number: written } : { date: written }
}

function openTable(root: SourceMapping, { resolvedKey: keys, loc }: AST.TOMLTable): SourceMapping {
  const { line } = loc.start
  let table = root
  keys.forEach((key, depth) => {
    if (typeof key === 'number') return
    const index = keys[depth + 1]
    table = typeof index === 'number' ? listTable(table, key, index, line) : childTable(table, key, line)
  })
  return table
}

function listTable(table: SourceMapping, key: string, index: number, line: number): SourceMapping {
  const list = table.get(key) ?? { line, value: { line, value: [] } }
  table.set(key, list)
  const tables = list.value.value as SourceNode[]
  return (tables[index] ??= { line, value: new Map() }).value as SourceMapping
}

function childTable(table: SourceMapping, key: string, line: number): SourceMapping {
  const child = table.get(key) ?? { line, value: { line, value: new Map() } }
  table.set(key, child)
  return child.value.value as SourceMapping
}
