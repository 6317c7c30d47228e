import { optionKey, type CommandDefinition, type FilterDefinition } from '../definitions/definition.ts'
import type { ViewOptions } from '../definitions/views.ts'
import type { Value, ValueMap } from '../json/value.ts'
import { findColumn, valueIn } from '../render/columns.ts'
import { compareValues } from '../render/order.ts'
import { createPattern } from '../text/pattern.ts'
import { parseUtc } from '../time/utc.ts'

/** Which records of a list are shown, and in which order. */
export interface Selection {
  keeps(record: Value): boolean
  /** Those that are kept, in order; an answer that is no list as it is. */
  apply(answer: Value | undefined): Value | undefined
  /** They get another order. */
  readonly sorts: boolean
}

const filtersOf = ({ options: rows = [] }: CommandDefinition, options: Readonly<Record<string, unknown>>) =>
  rows.flatMap((row) => {
    const value = options[optionKey(row)]
    return row.filters && value !== undefined ? [{ filter: row.filters, value }] : []
  })

type Test = (found: Value | undefined) => boolean

/** What each kind of filter asks of a field. */
const tests: Readonly<Record<FilterDefinition['by'], (value: unknown, now: number) => Test>> = {
  pattern: (value) => {
    const matches = createPattern(value as string)
    return (found) => typeof found === 'string' && matches(found)
  },
  value: (value) => {
    const wanted = new Set<unknown>([value].flat())
    return (found) => wanted.has(found)
  },
  older: (value, now) => (found) => ageOf(found, now) > (value as number) * 1000,
  newer: (value, now) => (found) => ageOf(found, now) <= (value as number) * 1000,
}

/** Milliseconds; no number where nobody knows, which is neither more nor less than any. */
const ageOf = (created: Value | undefined, now: number) => (typeof created === 'string' ? now - parseUtc(created) : NaN)

/** What a command's options select of an answer. */
export function createSelection(
  command: CommandDefinition,
  options: Readonly<Record<string, unknown>> & Pick<ViewOptions, 'sort_by'>,
  now: number,
): Selection {
  const filters = filtersOf(command, options).map(({ filter, value }) => ({ field: filter.field, test: tests[filter.by](value, now) }))
  const keeps = (record: Value) => record instanceof Map && filters.every(({ field, test }) => test(record.get(field)))
  const keys = options.sort_by ?? []
  return {
    keeps,
    sorts: keys.length > 0,
    apply(answer) {
      if (!Array.isArray(answer)) return answer
      return sorted(filters.length > 0 ? answer.filter(keeps) : answer, keys, command)
    },
  }
}

function sorted(records: Value[], words: readonly string[], { prints }: CommandDefinition): Value[] {
  const tables = records.filter((record): record is ValueMap => record instanceof Map)
  const keys = words.map((word) => {
    const down = word.startsWith('-')
    const column = findColumn(down ? word.slice(1) : word, tables, prints?.columns, '--sort-by')
    // The older has the earlier time.
    return { column, down: column.kind === 'age' ? !down : down }
  })
  if (keys.length === 0) return records
  return records
    .map((record) => ({ record, values: keys.map(({ column }) => (record instanceof Map ? valueIn(record, column) : undefined)) }))
    .sort((one, other) => {
      for (const [at, { down }] of keys.entries()) {
        const order = compareValues(one.values[at], other.values[at], down)
        if (order !== 0) return order
      }
      return 0
    })
    .map(({ record }) => record)
}
