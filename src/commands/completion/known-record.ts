import type { ColumnDefinition, Resource } from '../../definitions/resource.ts'
import { isObject } from '../../json/is-object.ts'

/** What completion knows of a record: fields that are texts, and the names of its SSH containers. */
export type KnownRecord = Readonly<Record<string, string | readonly string[]>>

const containersField = 'ssh_containers'

/**
 * What is worth knowing of the records of a list; nothing of one that nothing can name.
 *
 * @param list as it came.
 * @throws TypeError where it is none.
 */
export function knownRecords(list: unknown, of: Resource): KnownRecord[] {
  if (!Array.isArray(list)) throw new TypeError('no list')
  const fields = new Set([of.key, 'created', ...filterColumns(of).map(({ field }) => field)])
  return list.flatMap((record: unknown) => {
    if (!isObject(record) || typeof record[of.key] !== 'string') return []
    const known: Record<string, string | string[]> = {}
    for (const field of fields) {
      const value = record[field]
      if (typeof value === 'string') known[field] = value
    }
    const containers = record[containersField]
    if (Array.isArray(containers)) known[containersField] = containers.flatMap(nameOf)
    return [known]
  })
}

const nameOf = (container: unknown): string[] => (isObject(container) && typeof container.name === 'string' ? [container.name] : [])

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
