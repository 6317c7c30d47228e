import { isNumber, type Value, type ValueMap } from '../json/value.ts'
import { numberText } from './number.ts'
import { joinPieces, mostKeys, type ListWriter, type Write } from './pieces.ts'
import { isPlain, writeScalar } from './yaml-scalar.ts'

/** A key as it is written, with its colon, and its columns. A key that takes the `? key` form is bare, without. */
interface Key {
  text: string
  columns: number | undefined
}

/** Key and value as two lines of their own from this length on, `!!str` counted in, as YAML 1.1 emitters do. */
const longestKey = 128 - '!!str'.length - 1

/** The value in block style as ruamel.yaml's round-trip dumper writes it with its defaults. */
export function renderYaml(value: Value, write: Write): void {
  const { writeBlock, writeLine, end } = createWriter(write)
  if (isBlock(value)) writeBlock(value, 0)
  else writeLine('', value, 0, 2)
  end()
}

/** The same for a list whose items come one by one. */
export function yamlList(write: Write): ListWriter {
  const { writeItem, writeLine, end } = createWriter(write)
  let empty = true
  return {
    add(item) {
      writeItem('', item, 0)
      empty = false
      return true
    },
    end() {
      if (empty) writeLine('', [], 0, 2)
      end()
    },
  }
}

function createWriter(write: Write) {
  const { add, end } = joinPieces(write)
  // The same keys come again in every record.
  const keys = new Map<string, Key>()
  return { writeBlock, writeItem, writeLine, end }

  /** The lines of a list or table; the first one without its indent. */
  function writeBlock(block: Value[] | ValueMap, indent: number): void {
    const pad = ' '.repeat(indent)
    let before = ''
    if (Array.isArray(block)) {
      for (const item of block) {
        writeItem(before, item, indent)
        before = pad
      }
      return
    }
    for (const [name, item] of block) {
      add(before)
      writeEntry(keyOf(name), item, indent, pad)
      before = pad
    }
  }

  function writeItem(before: string, item: Value, indent: number): void {
    add(before + (item === null ? '- \n' : '- '))
    if (item !== null) writeAfter(item, indent)
  }

  function writeEntry(key: Key, item: Value, indent: number, pad: string): void {
    if (key.columns === undefined) {
      add(`? ${writeScalar(key.text, indent + 2, indent + 2)}\n${pad}${item === null ? ':\n' : ': '}`)
      if (item !== null) writeAfter(item, indent)
    } else if (item === null) {
      add(key.text + '\n')
    } else if (isBlock(item)) {
      const inner = Array.isArray(item) ? indent : indent + 2
      add(`${key.text}\n${' '.repeat(inner)}`)
      writeBlock(item, inner)
    } else {
      add(key.text)
      writeLine(' ', item, indent + key.columns + 1, indent + 2)
    }
  }

  /** What follows a `- `, or a `: ` that stands alone. */
  function writeAfter(item: Value, indent: number): void {
    if (isBlock(item)) writeBlock(item, indent + 2)
    else writeLine('', item, indent + 2, indent + 2)
  }

  function writeLine(before: string, item: Value, column: number, indent: number): void {
    add(before)
    add(scalar(item, column, indent))
    add('\n')
  }

  function keyOf(name: string): Key {
    let key = keys.get(name)
    if (key === undefined) {
      const simple = name.length <= longestKey * 2 && [...name].length <= longestKey && !/[\n\x85\u2028\u2029]/.test(name)
      const text = simple ? writeScalar(name, 0) + ':' : name
      key = { text, columns: simple ? [...text].length : undefined }
      if (keys.size < mostKeys) keys.set(name, key)
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
