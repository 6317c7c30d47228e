import { isNumber, type Value, type ValueMap } from '../json/value.ts'
import { numberText } from './number.ts'
import { joinPieces, mostKeys, type ListWriter, type Write } from './pieces.ts'

/** A list of tables, or a table, with its path as a header writes it. */
type Section<Item> = readonly [path: string, item: Item]

/** What of a table has headers of its own, and whether it had lines before them. */
interface Rest {
  lines: boolean
  lists: Section<ValueMap[]>[]
  tables: Section<ValueMap>[]
}

/**
 * The value as the `toml` package 0.10.2 for Python writes it, with its order and its empty lines. Where that one
 * writes broken TOML (control characters, lists that mix tables with other things) this writes valid TOML.
 */
export function renderToml(value: Value, write: Write): void {
  const { writeWhole, end } = createWriter(write)
  writeWhole(value)
  end()
}

/** The same for a list of tables that come one by one; anything else in it can't be written without those before. */
export function tomlList(write: Write): ListWriter {
  const { writeWhole, writeElement, end } = createWriter(write)
  let empty = true
  return {
    add(item) {
      if (!isTable(item)) return false
      writeElement(item, listName)
      empty = false
      return true
    },
    end() {
      if (empty) writeWhole([])
      end()
    },
  }
}

/** What a list is called that has no name of its own. */
const listName = 'results'

function createWriter(write: Write) {
  const { add, end } = joinPieces(write)
  // The same keys come again in every record.
  const keys = new Map<string, string>()
  // Whether what is written ends in an empty line, or is nothing yet.
  let spaced = true
  return { writeWhole, writeElement, end }

  function writeWhole(value: Value): void {
    const top = writeLines(value instanceof Map ? value : new Map([[listName, value]]), '')
    writeLists(top.lists)
    for (let level = top.tables; level.length > 0;) {
      const next: Section<ValueMap>[] = []
      for (const [path, table] of level) {
        if (hasBody(table) || !hasTables(table)) {
          if (!spaced) add('\n')
          writeHeader(`[${path}]\n`)
        }
        writeTable(table, path, next)
      }
      level = next
    }
  }

  function writeHeader(header: string): void {
    add(header)
    spaced = false
  }

  function writeGap(): void {
    add('\n')
    spaced = true
  }

  /** The table below its header; its sub-tables wait for the next level. */
  function writeTable(table: ValueMap, path: string, next: Section<ValueMap>[]): void {
    const { lists, tables } = writeLines(table, path + '.')
    writeLists(lists)
    for (const section of tables) next.push(section)
  }

  /** Scalars, lists of them, and lists that mix tables with other things. */
  function writeLines(table: ValueMap, prefix: string): Rest {
    const rest: Rest = { lines: false, lists: [], tables: [] }
    for (const [name, item] of table) {
      if (item === null) continue
      const key = keyText(name)
      if (isTable(item)) rest.tables.push([prefix + key, item])
      else if (isListOfTables(item)) rest.lists.push([prefix + key, item])
      else {
        writeLine(key, item)
        rest.lines = true
      }
    }
    if (rest.lines) spaced = false
    return rest
  }

  function writeLists(lists: Section<ValueMap[]>[]): void {
    for (const [path, tables] of lists) for (const table of tables) writeElement(table, path)
  }

  function writeElement(table: ValueMap, path: string): void {
    writeHeader(`[[${path}]]\n`)
    const { lines, lists, tables } = writeLines(table, path + '.')
    if (!lines) writeGap()
    writeLists(lists)
    if (lines) writeGap()
    for (let level = tables; level.length > 0;) {
      const next: Section<ValueMap>[] = []
      for (const [inner, part] of level) {
        if (hasBody(part)) writeHeader(`[${inner}]\n`)
        writeTable(part, inner, next)
      }
      level = next
    }
  }

  function keyText(name: string): string {
    let key = keys.get(name)
    if (key !== undefined) return key
    key = /^[A-Za-z0-9_-]+$/.test(name) ? name : quote(name)
    if (keys.size < mostKeys) keys.set(name, key)
    return key
  }

  function writeLine(key: string, item: Value): void {
    add(key)
    if (typeof item === 'string' && simple.test(item)) {
      add(' = "')
      add(item)
      add('"\n')
    } else {
      add(' = ')
      add(Array.isArray(item) && item.some(isTable) ? inlineMixed(item) : inline(item))
      add('\n')
    }
  }

  /** In a list that mixes tables with other things the original fails, so there nothing needs to be lost. */
  function inlineMixed(item: Value): string {
    if (Array.isArray(item)) return list(item.map(inlineMixed))
    if (!isTable(item)) return inline(item)
    const members = [...item].filter(([, member]) => member !== null)
    return `{${members.map(([name, member]) => `${keyText(name)} = ${inlineMixed(member)}`).join(', ')}}`
  }
}

function isTable(item: Value): item is ValueMap {
  return item instanceof Map
}

function isListOfTables(item: Value): item is ValueMap[] {
  return Array.isArray(item) && item.length > 0 && item.every(isTable)
}

/** Whether the table has anything of its own to show below its header. */
function hasBody(table: ValueMap): boolean {
  for (const item of table.values()) if (item !== null && !isTable(item)) return true
  return false
}

function hasTables(table: ValueMap): boolean {
  for (const item of table.values()) if (isTable(item)) return true
  return false
}

/** A scalar or list within a line. A table in there shows its keys only, as in the original. */
function inline(item: Value): string {
  if (typeof item === 'string') return quote(item)
  if (item === null) return '"None"'
  if (typeof item === 'boolean') return String(item)
  if (isNumber(item)) return numberText(item).replace('e-0', 'e-')
  return list(isTable(item) ? [...item.keys()].map(quote) : item.map(inline))
}

function list(items: string[]): string {
  return items.length === 0 ? '[]' : `[ ${items.join(', ')},]`
}

/** Printable ASCII that needs no escape. */
const simple = /^[ !#-[\]-~]*$/

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function quote(text: string): string {
  if (simple.test(text)) return `"${text}"`
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
