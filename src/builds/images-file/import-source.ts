import { optionKey } from '../../definitions/definition.ts'
import { importFrom, type importSources } from '../../definitions/image-transfers.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { firstConflict } from '../../definitions/relations.ts'
import { excerpt } from '../../text/printable.ts'
import type { Found } from './diagnostics.ts'
import { importRows, keyOf } from './keys.ts'
import type { SourceNode } from './source-node.ts'
import { described, typedValue } from './typed.ts'

/** What an image is imported from: paths. */
export type ImportSource = InferOptions<typeof importSources>

/**
 * Reads what an image of a file is imported from. Where a mistake was found, what is returned isn't whole.
 *
 * @param lines is given the line of each key.
 */
export function readImportSource({ line, value }: SourceNode, lines: Map<string, number>, found: Found): ImportSource {
  if (typeof value === 'string' && value.trim() !== '') return { from_dir: value }
  if (!(value instanceof Map)) {
    found(line, `import takes a folder, or a map of files, not ${described(value)}`)
    return {}
  }
  const source = new Map<string, unknown>()
  for (const [written, { line: at, value: item }] of value) {
    const key = written.replaceAll('_', '-')
    const row = importRows.find((one) => keyOf(one) === key)
    if (!row) found(at, `there is no key ${excerpt(written, 60)} in import: it has ${importRows.map(keyOf).join(', ')}`)
    else if (lines.has(key)) found(at, `${excerpt(written)} is given twice: line ${lines.get(key)} has it in the other spelling`)
    else {
      lines.set(key, at)
      const typed = typedValue(row, item)
      if ('why' in typed) found(at, typed.why)
      else source.set(optionKey(row), typed.value)
    }
  }
  const given = importFrom.filter((flag) => lines.has(flag.slice(2)))
  const names = importFrom.map((flag) => flag.slice(2))
  const conflict = firstConflict(given, { exactlyOne: importFrom })
  if (conflict) found(lines.get(conflict[1].slice(2))!, `${names.join(' and ')} don't go together`)
  if (given.length === 0) found(line, `import has neither a ${names.join(' nor a ')}`)
  return Object.fromEntries(source)
}
