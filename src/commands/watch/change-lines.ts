import type { Value } from '../../json/value.ts'
import { csvCells, csvColumns, csvLine, heading } from '../../render/csv.ts'
import { jsonLine } from '../../render/json.ts'
import { isTable } from '../../render/records.ts'
import type { Format, Layout } from '../../render/render.ts'
import { alignCells, tableCells } from '../../render/table.ts'
import type { CommandContext } from '../../context.ts'
import type { WatchView } from './watch-view.ts'

/** What happened to a record; `present` was there at first, `gone` is deleted or not selected any more. */
type Event = 'present' | 'added' | 'changed' | 'gone'

interface Change {
  event: Event
  record: Value
}

/** Records that change, as a line for each change. */
export function createChangeLines({ io, global, log }: Pick<CommandContext, 'io' | 'global' | 'log'>, layout: Layout): WatchView {
  const textOf = writers[global.format as WatchFormat](layout)
  let known: Map<string, { text: string; record: Value }> | undefined
  let said = ''
  return {
    async show(records) {
      said = ''
      const now = new Map(records.map((record, at) => [keyOf(record, layout) ?? String(at), { text: jsonLine(record), record }]))
      const changes = compare(known, now)
      const first = known === undefined
      known = now
      if (changes.length > 0 || first) await io.stdout.write(await textOf(changes, first))
    },
    note(text) {
      if (text !== said) log(0, text)
      said = text
    },
    stop() {},
  }
}

type Known = ReadonlyMap<string, { readonly text: string; readonly record: Value }>

function compare(before: Known | undefined, now: Known): Change[] {
  const changes: Change[] = []
  for (const [key, { text, record }] of now) {
    const old = before?.get(key)
    if (!before) changes.push({ event: 'present', record })
    else if (!old) changes.push({ event: 'added', record })
    else if (old.text !== text) changes.push({ event: 'changed', record })
  }
  for (const [key, { record }] of before ?? []) if (!now.has(key)) changes.push({ event: 'gone', record })
  return changes
}

function keyOf(record: Value, { resource }: Layout): string | undefined {
  const key = isTable(record) ? record.get(resource?.key ?? 'id') : undefined
  return typeof key === 'string' ? key : undefined
}

type WatchFormat = Extract<Format, 'table' | 'csv' | 'jsonl'>
type TextOf = (changes: readonly Change[], first: boolean) => string | Promise<string>

const writers: Readonly<Record<WatchFormat, (layout: Layout) => TextOf>> = {
  table(layout) {
    const widths: number[] = []
    return async (changes, first) => {
      const { columns, headings, rows } = tableCells(
        changes.map(({ record }) => record),
        layout,
      )
      const named = first && headings && !layout.noHeaders ? [['EVENT', ...headings]] : []
      const all = [...named, ...rows.map((row, at) => [changes[at]!.event, ...row])]
      const events = { name: 'event', field: 'event' }
      // Later lines stand below the first ones as far as they can.
      const lines = await alignCells([events, ...columns], all, layout, named.length, widths)
      return lines.map((line) => `${line}\n`).join('')
    }
  },
  csv: (layout) => (changes, first) => {
    const rows = changes.flatMap(({ event, record }) => (isTable(record) ? [{ event, record }] : []))
    const columns = csvColumns(
      rows.map(({ record }) => record),
      layout,
    )
    const named = first && !layout.noHeaders ? [csvLine(['event', ...columns.map(heading)])] : []
    return [...named, ...rows.map(({ event, record }) => csvLine([event, ...csvCells(record, columns)]))].join('')
  },
  jsonl: () => (changes) =>
    changes
      .map(
        ({ event, record }) =>
          `${jsonLine(
            new Map<string, Value>([
              ['event', event],
              ['record', record],
            ]),
          )}\n`,
      )
      .join(''),
}
