import type { Format } from '../definitions/formats.ts'
import { isNumber, type Value } from '../json/value.ts'
import type { Layout } from './layout.ts'
import type { ListWriter, Write } from './pieces.ts'

export { bufferOutput } from './pieces.ts'
export type { Format } from '../definitions/formats.ts'
export type { Layout } from './layout.ts'

/** How a format is written. */
interface FormatWriter {
  load(): Promise<(value: Value, write: Write, layout: Layout) => void | Promise<void>>
  /** Writes a list item by item, where that comes to the same. */
  loadList?(): Promise<(write: Write) => ListWriter>
  /** What it writes are whole lines, of which there may be none; others are followed by one newline. */
  lines?: true
  /** Its texts are fit for a terminal as they are: it colours some. */
  shown?: true
}

const writers = {
  json: { load: async () => (await import('./json.ts')).renderJson, loadList: async () => (await import('./json.ts')).jsonList },
  toml: { load: async () => (await import('./toml.ts')).renderToml, loadList: async () => (await import('./toml.ts')).tomlList },
  yaml: { load: async () => (await import('./yaml.ts')).renderYaml, loadList: async () => (await import('./yaml.ts')).yamlList },
  table: { load: async () => (await import('./table.ts')).renderTable, lines: true, shown: true },
  csv: { load: async () => (await import('./csv.ts')).renderCsv, lines: true },
  jsonl: {
    load: async () => {
      const [{ renderJsonLines }, { recordsIn }] = await Promise.all([import('./json.ts'), import('./records.ts')])
      return (value, write) => renderJsonLines(recordsIn(value), write)
    },
    lines: true,
  },
  name: { load: async () => (await import('./record-lines.ts')).renderNames, lines: true },
  id: { load: async () => (await import('./record-lines.ts')).renderIds, lines: true },
} satisfies Record<Format, FormatWriter>

const writerOf = (format: Format): FormatWriter => writers[format]

/** How records are shown where nobody says. */
const plain: Layout = { now: 0, show: (text) => text }

/**
 * Writes the value as the original prints it, to be followed by one newline. A bare scalar is printed in every format
 * as Python does: `True`, `42`, the text itself, null as nothing. Formats of records write whole lines.
 *
 * @throws CliError for a value that the format can't show.
 */
export async function render(value: Value, format: Format, write: Write, layout: Layout = plain): Promise<void> {
  if (typeof value === 'string') return write(value)
  if (value === null) return
  if (typeof value === 'boolean') return write(value ? 'True' : 'False')
  if (isNumber(value)) return write((await import('./number.ts')).numberText(value))
  return (await writerOf(format).load())(value, write, layout)
}

/** The same with the newline that ends it; of nothing, formats of records have no line. */
export async function renderResult(value: Value | undefined, format: Format, write: Write, layout?: Layout): Promise<void> {
  const whole = writerOf(format).lines && (value === undefined || value === null || (typeof value === 'object' && !isNumber(value)))
  if (value !== undefined) await render(value, format, write, layout)
  if (!whole) write('\n')
}

/** What writes a list item by item, as {@link render} writes it whole; undefined for a format that needs all of it. */
export async function listWriter(format: Format): Promise<((write: Write) => ListWriter) | undefined> {
  return writerOf(format).loadList?.()
}

/** Whether what a format writes is fit for a terminal as it is. */
export const isShown = (format: Format): boolean => writerOf(format).shown ?? false
