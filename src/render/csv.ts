import type { Value, ValueMap } from '../json/value.ts'
import { plainText } from './cell.ts'
import { columnsOf, valueIn, type Column } from './columns.ts'
import type { Layout } from './layout.ts'
import { joinPieces, type Write } from './pieces.ts'
import { isTable, recordsIn } from './records.ts'

/** Records as comma-separated values: whole, under the names of their fields. Source: RFC 4180. */
export function renderCsv(value: Value, write: Write, layout: Layout): void {
  const { add, end } = joinPieces(write)
  for (const row of csvRows(value, layout)) add(csvLine(row))
  end()
}

/** The rows, with their headings before them where they have some and they are wanted. */
function csvRows(value: Value, layout: Layout): string[][] {
  const items = recordsIn(value)
  if (!items.every(isTable)) return items.map((item) => (Array.isArray(item) ? item : [item]).map(plainText))
  const columns = csvColumns(items, layout)
  const rows = items.map((record) => csvCells(record, columns))
  return layout.noHeaders || columns.length === 0 ? rows : [columns.map(heading), ...rows]
}

/** All columns of records, each field once. */
export function csvColumns(records: readonly ValueMap[], layout: Layout): Column[] {
  const all = columnsOf(records, { ...layout, wide: true })
  return layout.columns ? [...all] : all.filter((column, at) => all.findIndex((other) => heading(other) === heading(column)) === at)
}

/** What a column is called: its field, unless it shows something else than that. */
export const heading = ({ name, field, times }: Column): string => (times ? name : field)

/** A record's values. */
export const csvCells = (record: ValueMap, columns: readonly Column[]): string[] =>
  columns.map((column) => plainText(valueIn(record, column)))

/** A row as a line, with its end. A line without anything would be no row. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.length === 1 && cells[0] === '' ? '""' : cells.map(quoted).join(',')}\r\n`

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
