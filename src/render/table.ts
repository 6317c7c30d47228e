import type { Value, ValueMap } from '../json/value.ts'
import { plainText, shownAs } from './cell.ts'
import { columnsOf, valueIn, type Column } from './columns.ts'
import { createMeasure, type Measure } from './display-width.ts'
import type { Layout } from './layout.ts'
import { joinPieces, type Write } from './pieces.ts'
import { recordsIn } from './records.ts'

/** What stands between two columns. */
const gap = '  '

/** No column is made narrower than this while there are others that can be left out. */
const readable = 20

/** And none narrower than this at all. */
const narrowest = 3

/** Rows of texts under headings. */
export interface Cells {
  readonly columns: readonly Column[]
  /** None for rows that have no names. */
  readonly headings?: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Records as a table, aligned by what a terminal shows of each text, and fitted to its width. */
export async function renderTable(value: Value, write: Write, layout: Layout): Promise<void> {
  const { columns, headings, rows } = tableCells(value, layout)
  const { add, end } = joinPieces(write)
  const named = headings && headings.length > 0 && !layout.noHeaders
  for (const line of await alignCells(columns, named ? [headings, ...rows] : rows, layout, named ? 1 : 0)) add(`${line}\n`)
  end()
}

/** The texts of a table, before anything is cut off. */
export function tableCells(value: Value, layout: Layout): Cells {
  const items = recordsIn(value)
  if (items.every((item): item is ValueMap => item instanceof Map)) {
    const columns = columnsOf(items, layout)
    const clashing = columns.map((column) => (column.kind === 'id' && !layout.wide ? clashingIds(items, column) : undefined))
    const rows = items.map((record) =>
      columns.map((column, at) =>
        cellText(record, column, clashing[at]?.has(valueIn(record, column)) ? { ...layout, wide: true } : layout),
      ),
    )
    return { columns, headings: columns.map(({ name }) => layout.show(name).toUpperCase()), rows }
  }
  // What a query makes may be rows without names.
  const rows = items.map((item) => (Array.isArray(item) ? item : [item]).map((part) => layout.show(plainText(part)) || '-'))
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0)
  return { columns: Array.from({ length: width }, (_, at) => ({ name: '', field: String(at) })), rows }
}

/** Ids of which the short form would be another one's, too. */
function clashingIds(records: readonly ValueMap[], column: Column): ReadonlySet<Value | undefined> {
  const byShort = new Map<string, Set<Value | undefined>>()
  for (const record of records) {
    const id = valueIn(record, column)
    if (typeof id !== 'string') continue
    const short = shownAs.id(id, { now: 0 })
    byShort.set(short, (byShort.get(short) ?? new Set()).add(id))
  }
  return new Set([...byShort.values()].flatMap((ids) => (ids.size > 1 ? [...ids] : [])))
}

function cellText(record: ValueMap, column: Column, layout: Layout): string {
  const value = valueIn(record, column) ?? null
  if (value === null) return '-'
  return layout.show(column.kind ? shownAs[column.kind](value, layout) : plainText(value)) || '-'
}

/**
 * Lines whose columns stand below each other.
 *
 * @param headings how many rows are headings, which have no status to be coloured by.
 * @param least widths that columns have in any case; those that they get are left there.
 */
export async function alignCells(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  layout: Layout,
  headings: number,
  least: number[] = [],
): Promise<string[]> {
  const measure = await createMeasure(rows)
  const widths = columns.map((_, at) => rows.reduce((most, row) => Math.max(most, measure.width(row[at] ?? '')), least[at] ?? 0))
  const kept = fit(columns, widths, layout.width)
  least.splice(0, least.length, ...widths)
  return rows.map((row, at) => lineOf(row, columns, kept, widths, measure, at < headings ? undefined : layout.paint))
}

function lineOf(
  row: readonly string[],
  columns: readonly Column[],
  kept: readonly number[],
  widths: readonly number[],
  measure: Measure,
  paint: Layout['paint'],
): string {
  const last = kept.at(-1)
  let line = ''
  for (const at of kept) {
    const text = measure.shorten(row[at] ?? '', widths[at]!)
    line += columns[at]!.kind === 'status' && paint ? paint(text) : text
    if (at !== last) line += ' '.repeat(widths[at]! - measure.width(text)) + gap
  }
  return line
}

/** Which columns a width has room for; their widths are made to fit. */
function fit(columns: readonly Column[], widths: number[], room = Infinity): number[] {
  const kept = columns.map((_, at) => at)
  const excess = () => kept.reduce((sum, at) => sum + widths[at]!, (kept.length - 1) * gap.length) - room
  const spare = (least: number) => kept.reduce((sum, at) => sum + Math.max(widths[at]! - least, 0), 0)
  while (excess() > spare(readable)) {
    const dispensable = kept.findLastIndex((at) => columns[at]!.dispensable)
    if (dispensable < 0) break
    kept.splice(dispensable, 1)
  }
  while (excess() > 0 && spare(narrowest) > 0) {
    const widest = kept.reduce((most, at) => (widths[at]! > widths[most]! ? at : most), kept[0]!)
    widths[widest]!--
  }
  return kept
}
