import { shortestPrefix, type Referable } from './reference.ts'

/** The records that a word may name, of which the rules of `reference.ts` then choose. */
export type ReferenceIndex<R> = (word: string) => readonly R[]

/** Finds records by the beginnings of their ids: with many words, none goes through all records. */
export function indexByStart<R extends Pick<Referable, 'id'>>(records: readonly R[]): ReferenceIndex<R> {
  const startOf = (text: string) => text.toLowerCase().slice(0, shortestPrefix)
  const groups = groupBy(records, ({ id }) => startOf(id))
  return (word) => groups.get(startOf(word)) ?? []
}

/** Finds records by names, too. */
export function indexReferences<R extends Referable>(records: readonly R[]): ReferenceIndex<R> {
  const byStart = indexByStart(records)
  const byName = groupBy(records, ({ name }) => name)
  return (word) => [...new Set([...byStart(word), ...(byName.get(word) ?? [])])]
}

/** Records by what they have in common. */
export function groupBy<R>(records: readonly R[], keyOf: (record: R) => string): Map<string, R[]> {
  const groups = new Map<string, R[]>()
  for (const record of records) {
    const key = keyOf(record)
    const group = groups.get(key)
    if (group) group.push(record)
    else groups.set(key, [record])
  }
  return groups
}
