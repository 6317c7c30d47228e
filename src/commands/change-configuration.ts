import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { parseDocument, readDocument, type Document } from '../config/document.ts'
import { replaceFile } from '../config/write-file.ts'
import { Failure } from '../errors.ts'
import { isNumber, type Value } from '../json/value.ts'
import { wholeText } from '../render/pieces.ts'
import { renderToml } from '../render/toml.ts'

/**
 * Changes a configuration, or makes it: reads it, has it changed, and writes it in the original's layout, with the
 * numbers and dates as they were written. Nothing is written when the change throws.
 *
 * @throws Failure where the original's layout can't hold what is in it.
 */
export function changeConfiguration(path: string, change: (document: Document) => void): void {
  const document = readDocument(path)
  change(document)
  const text = writeDocument(document)
  if (!isDeepStrictEqual(parseDocument(text), document)) {
    throw new Failure(`${path} holds lists or tables that this program can't write back`, { more: ['Nothing was changed.'], next: `vi ${path}` })
  }
  replaceFile(path, text)
}

// A result's numbers are printed as Python prints them; these go around that, as texts that stand for them.
function writeDocument(document: Document): string {
  const mark = randomUUID()
  const written: string[] = []
  const text = wholeText((write) => renderToml(standIn(document), write))
  return text.replace(new RegExp(`"${mark}:(\\d+)"`, 'g'), (_, index: string) => written[Number(index)]!)

  function standIn(value: Value): Value {
    if (isNumber(value)) return `${mark}:${written.push(value.number) - 1}`
    if (Array.isArray(value)) return value.map(standIn)
    if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, standIn(item)]))
    return value
  }
}
