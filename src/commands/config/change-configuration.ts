import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { documentOf, parseDocument, type Document } from '../../config/document.ts'
import { CliError } from '../../errors.ts'
import { updateFile } from '../../files/update-file.ts'
import { isNumber, type Value } from '../../json/value.ts'
import { wholeText } from '../../render/pieces.ts'
import { renderToml } from '../../render/toml.ts'
import { pastedWords } from '../../text/shell-words.ts'

/**
 * Changes a configuration, or makes it: reads it, has it changed, and writes it in the original's layout, with the
 * numbers and dates as they were written. Nothing is written when the change throws. Of several processes that do so at
 * the same time, each finds what the others have changed.
 *
 * @throws CliError where the original's layout can't hold what is in it, and where it can't be read or written.
 */
export function changeConfiguration(path: string, change: (document: Document) => void): Promise<void> {
  return updateFile(path, 'configuration', (old) => {
    const document = documentOf(path, old)
    change(document)
    const text = writeDocument(document)
    if (isDeepStrictEqual(parseDocument(text), document)) return text
    throw new CliError(`${path} holds lists or tables that this program can't write back`, {
      more: ['Nothing was changed.'],
      next: pastedWords(['vi', path]),
    })
  })
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
