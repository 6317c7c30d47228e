import type { ColumnDefinition } from '../definitions/resource.ts'
import { usageError } from '../errors.ts'
import { isNumber, type Value, type ValueMap } from '../json/value.ts'
import { isSimilar } from '../text/similarity.ts'
import type { Layout } from './layout.ts'

/** A column of a table, and what it is called. */
export type Column = Pick<ColumnDefinition, 'name' | 'field' | 'kind' | 'dispensable' | 'times' | 'where'>

/**
 * The columns of a table of records: those asked for, those of their kind, or all their keys.
 *
 * @throws CliError of the command line for a column that no record has.
 */
export function columnsOf(records: readonly ValueMap[], { resource, selected, columns, wide }: Layout): readonly Column[] {
  const declared = selected ? undefined : resource?.columns
  if (columns) return columns.map((word) => findColumn(word, records, declared, '--columns'))
  if (declared) return declared.filter((column) => wide || !column.wide)
  return fieldsOf(records).map((key) => ({ name: key, field: key }))
}

/**
 * The column that a word means: one of the kind's by its name, else a field of the records.
 *
 * @throws CliError of the command line where there is neither.
 */
export function findColumn(word: string, records: readonly ValueMap[], declared: readonly ColumnDefinition[] = [], flag: string): Column {
  const named = declared.find(({ name }) => name === word.toLowerCase())
  if (named) return { ...named, dispensable: undefined }
  // Of no records nobody knows what fields they would have.
  if (records.length === 0 || records.some((record) => hasField(record, word))) return { name: word, field: word }
  const known = [...new Set([...declared.map(({ name }) => name), ...fieldsOf(records)])]
  const near = known.filter((name) => word.length > 1 && isSimilar(word.toLowerCase(), name))
  const choices = (near.length > 0 ? near : known).join(', ')
  throw usageError(`Invalid value for '${flag}': there is no column or field ${word || 'without a name'}`, {
    more: [`  ${near.length > 0 ? 'Near it' : 'There are'}: ${choices}`],
  })
}

/** Whether a record has the first part of a path. */
function hasField(record: ValueMap, path: string): boolean {
  return record.has(path) || path.split('.').some((_, at, parts) => record.has(parts.slice(0, at + 1).join('.')))
}

function fieldsOf(records: readonly ValueMap[]): string[] {
  const keys = new Set<string>()
  for (const record of records) for (const key of record.keys()) keys.add(key)
  return [...keys]
}

/** What a column has of a record; undefined for nothing. A number that counts several times is a new one. */
export function valueIn(record: ValueMap, { field, times, where }: Column): Value | undefined {
  if (where && valueAt(record, where.field) !== where.is) return undefined
  const value = valueAt(record, field)
  return times && isNumber(value) ? { number: String(Number(value.number) * times) } : value
}

/**
 * What stands at a path: `link.path`, `ssh_containers.0.name`; of a list without a number, that of each item. A key
 * may have dots itself.
 */
export function valueAt(value: Value | undefined, path: string): Value | undefined {
  if (value instanceof Map) {
    const direct = value.get(path)
    if (direct !== undefined) return direct
    for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
      const found = valueAt(value.get(path.slice(0, dot)), path.slice(dot + 1))
      if (found !== undefined) return found
    }
    return undefined
  }
  if (!Array.isArray(value)) return undefined
  const [, index, rest] = /^(\d+)(?:\.(.*))?$/.exec(path) ?? []
  if (index !== undefined) return rest === undefined ? value[Number(index)] : valueAt(value[Number(index)], rest)
  const found = value.map((item) => valueAt(item, path))
  return found.some((item) => item !== undefined) ? found.map((item) => item ?? null) : undefined
}
