import { CliError, usageError } from '../errors.ts'
import type { TemplateEntry } from '../ims/records.ts'

/** Changes to a dictionary by key: a new value, or none where the variable is removed. */
export type DictionaryChanges = ReadonlyMap<string, string | undefined>

/**
 * Reads `KEY=VALUE` and `KEY-`.
 *
 * @throws CliError for another word, and for a key that is named twice.
 */
export function readChanges(words: readonly string[]): DictionaryChanges {
  const changes = new Map<string, string | undefined>()
  for (const word of words) {
    const [, set, value, removed] = /^(?:([^=]+)=(.*)|([^=]+)-)$/s.exec(word) ?? []
    const key = set ?? removed
    if (key === undefined)
      throw usageError(`Invalid value for 'CHANGE': ${word || 'the word is empty (unset variable?)'}; it is KEY=VALUE or KEY-`)
    if (changes.has(key)) throw usageError(`Invalid value for 'CHANGE': ${key} is named twice`)
    changes.set(key, value)
  }
  return changes
}

/**
 * A dictionary with changes; the same one where they change nothing. What is new comes last.
 *
 * @throws CliError for a variable to remove that isn't there.
 */
export function changedDictionary(entries: readonly TemplateEntry[], changes: DictionaryChanges): readonly TemplateEntry[] {
  const unknown = [...changes].find(([key, value]) => value === undefined && !entries.some((entry) => entry.key === key))?.[0]
  if (unknown !== undefined) {
    throw new CliError(`the recipe has no variable ${unknown}`, {
      more: [`It has ${entries.map(({ key }) => key).join(', ') || 'none'}. Nothing was changed.`],
    })
  }
  const kept = entries.filter(({ key }) => !(changes.has(key) && changes.get(key) === undefined))
  const changed = kept.map((entry) => ({ ...entry, value: changes.get(entry.key) ?? entry.value }))
  const added = [...changes].flatMap(([key, value]) =>
    value === undefined || entries.some((entry) => entry.key === key) ? [] : [{ key, value }],
  )
  const all = [...changed, ...added]
  const isSame = all.length === entries.length && all.every(({ value }, at) => value === entries[at]!.value)
  return isSame ? entries : all
}
