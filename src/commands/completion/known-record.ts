import type { ColumnDefinition, Resource } from '../../definitions/resource.ts'
import { isObject } from '../../json/is-object.ts'
import type { Value } from '../../json/value.ts'

/** What completion knows of a record: fields that are texts, and the names of its SSH containers. */
export type KnownRecord = Readonly<Record<string, string | readonly string[]>>

const containersField = 'ssh_containers'

/** What is worth knowing of a record; undefined of one that nothing can name. */
export function knownRecord(value: Value, of: Resource): KnownRecord | undefined {
  if (!(value instanceof Map) || typeof value.get(of.key) !== 'string') return undefined
  const known: Record<string, string | string[]> = {}
  for (const field of [of.key, 'created', ...filterColumns(of).map((column) => column.field)]) {
    const text = value.get(field)
    if (typeof text === 'string') known[field] = text
  }
  const containers = value.get(containersField)
  if (Array.isArray(containers)) {
    const names = containers.map((one) => (one instanceof Map ? one.get('name') : undefined))
    known[containersField] = names.filter((name): name is string => typeof name === 'string')
  }
  return known
}

const isTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string')

/** Whether plain data is what is known of a record. */
export const isKnownRecord = (data: unknown): data is KnownRecord =>
  isObject(data) && Object.values(data).every((value) => typeof value === 'string' || isTexts(value))

/** The names of a job's SSH containers. */
export const sshContainersOf = (record: KnownRecord): readonly string[] => [record[containersField] ?? []].flat()

/** A field that is a text; empty where there is none. */
export function textIn(record: KnownRecord, field: string): string {
  const value = record[field]
  return typeof value === 'string' ? value : ''
}

/** The columns that lists of a kind are filtered by, which tell its records apart: the name first and the age last. */
export const filterColumns = ({ columns }: Pick<Resource, 'columns'>): readonly ColumnDefinition[] =>
  columns.filter(({ filter }) => filter !== undefined)

/** The field of a kind's names; undefined of one that has none. */
export const nameField = ({ columns }: Pick<Resource, 'columns'>): string | undefined =>
  columns.find(({ filter }) => filter === 'pattern')?.field
