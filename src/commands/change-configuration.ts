import { isDeepStrictEqual } from 'node:util'
import { parseDocument, readDocument, type Document } from '../config/document.ts'
import { replaceFile } from '../config/write-file.ts'
import { Failure } from '../errors.ts'
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
  const text = renderToml(document, ({ number }) => number)
  if (!isDeepStrictEqual(parseDocument(text), document)) {
    throw new Failure(`${path} holds lists or tables that this program can't write back`, { more: ['Nothing was changed.'], next: `vi ${path}` })
  }
  replaceFile(path, text)
}
