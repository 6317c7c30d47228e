import type { Value } from '../json/value.ts'
import type { Layout } from './layout.ts'
import { joinPieces, type Write } from './pieces.ts'
import { idOf, recordsIn } from './records.ts'

/** The id of each record on a line. */
export function renderIds(value: Value, write: Write, layout: Layout): void {
  writeLines(value, write, (record) => layout.show(idOf(record, layout)))
}

/** Kind and id of each record on a line: `image/d88521c3-…`. */
export function renderNames(value: Value, write: Write, layout: Layout): void {
  const kind = (layout.resource?.one ?? 'record').replaceAll(' ', '-')
  writeLines(value, write, (record) => `${kind}/${layout.show(idOf(record, layout))}`)
}

function writeLines(value: Value, write: Write, lineOf: (record: Value) => string): void {
  const { add, end } = joinPieces(write)
  for (const record of recordsIn(value)) add(`${lineOf(record)}\n`)
  end()
}
