import { CliError } from '../errors.ts'
import type { Value, ValueMap } from '../json/value.ts'
import type { Layout } from './layout.ts'

/** The records of a result: of a list its items, of a table that has nothing but a list of tables those, else the result itself. */
export function recordsIn(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value
  if (value instanceof Map && value.size === 1) {
    const [only] = value.values()
    if (Array.isArray(only) && only.length > 0 && only.every((item) => item instanceof Map)) return only
  }
  return [value]
}

/**
 * What names a record: its id.
 *
 * @throws CliError where it has none.
 */
export function idOf(record: Value, { resource }: Pick<Layout, 'resource'>): string {
  const id = record instanceof Map ? (record.get(resource?.key ?? 'id') ?? record.get('id')) : undefined
  if (typeof id === 'string') return id
  throw new CliError('the result has no ids', { more: ['--format name and --format id print those of records.'] })
}

/** Whether a value is a table. */
export const isTable = (value: Value): value is ValueMap => value instanceof Map
