import { isNumber, type Value } from '../json/value.ts'
import { numberText } from './number.ts'
import { joinPieces, mostKeys, wholeText, type ListWriter, type Write } from './pieces.ts'

/** The value as Python's `json.dumps` with an indent of 2 writes it, all ASCII; without a newline at the end. */
export function renderJson(value: Value, write: Write): void {
  const { put, end } = createWriter(write)
  put(value, '\n')
  end()
}

/** The value on one line, as Python's `json.dumps` without an indent writes it. */
export function jsonLine(value: Value): string {
  return wholeText((write) => {
    const { put, end } = createWriter(write)
    put(value, oneLine)
    end()
  })
}

/** Each value on such a line. */
export function renderJsonLines(values: readonly Value[], write: Write): void {
  const { add, put, end } = createWriter(write)
  for (const value of values) {
    put(value, oneLine)
    add('\n')
  }
  end()
}

/** The same as `renderJson` for a list whose items come one by one. */
export function jsonList(write: Write): ListWriter {
  const { add, put, end } = createWriter(write)
  let before = '[\n  '
  return {
    add(item) {
      add(before)
      put(item, '\n  ')
      before = ',\n  '
      return true
    },
    end() {
      add(before.startsWith('[') ? '[]' : '\n]')
      end()
    },
  }
}

/** What stands between items in place of a newline, where all is on one line. */
const oneLine = ''

function createWriter(write: Write) {
  const { add, end } = joinPieces(write)
  // The same keys come again in every record.
  const keys = new Map<string, string>()
  return { add, put, end }

  function put(item: Value, newline: string): void {
    if (typeof item === 'string') writeText(item)
    else if (item === null || typeof item === 'boolean') add(String(item))
    else if (isNumber(item)) add(constants[numberText(item)] ?? numberText(item))
    else if (Array.isArray(item)) writeList(item, newline)
    else writeTable(item, newline)
  }

  function writeText(text: string): void {
    if (!/^[ !#-[\]-~]*$/.test(text)) return writeEscaped(JSON.stringify(text))
    add('"')
    add(text)
    add('"')
  }

  /** A text whose quotes, backslashes and control characters are escaped, but not what lies outside ASCII. */
  function writeEscaped(text: string): void {
    let start = 0
    for (let at = 0; at < text.length; at++) {
      if (text.charCodeAt(at) < 0x7f) continue
      if (start < at) add(text.slice(start, at))
      add(escape(text.charAt(at)))
      start = at + 1
    }
    add(text.slice(start))
  }

  function writeList(items: Value[], newline: string): void {
    if (items.length === 0) return add('[]')
    const inner = innerOf(newline)
    let before = '[' + inner
    for (const item of items) {
      add(before)
      put(item, inner)
      before = ',' + (inner || ' ')
    }
    add(newline + ']')
  }

  function keyText(key: string): string {
    let quoted = keys.get(key)
    if (quoted !== undefined) return quoted
    quoted = JSON.stringify(key).replace(/[^ -~]/g, escape) + ': '
    if (keys.size < mostKeys) keys.set(key, quoted)
    return quoted
  }

  function writeTable(table: Map<string, Value>, newline: string): void {
    if (table.size === 0) return add('{}')
    const inner = innerOf(newline)
    let before = '{' + inner
    for (const [key, item] of table) {
      add(before)
      add(keyText(key))
      put(item, inner)
      before = ',' + (inner || ' ')
    }
    add(newline + '}')
  }
}

const innerOf = (newline: string) => (newline === oneLine ? oneLine : newline + '  ')

const constants: Readonly<Record<string, string>> = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' }

function escape(unit: string): string {
  return '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0')
}
