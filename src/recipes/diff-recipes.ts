import type { Recipe } from '../ims/records.ts'

/** A field in which two records differ. */
export interface FieldDifference {
  readonly field: string
  readonly a: unknown
  readonly b: unknown
}

/** A file that is another, or in one of two recipes alone. */
export interface FileDifference {
  readonly file: string
  readonly change: 'added' | 'removed' | 'changed'
}

const compared = ['name', 'recipe_type', 'linux_distribution', 'arch', 'require_dkms'] as const satisfies readonly (keyof Recipe)[]

/** What the records of two recipes say differently of how they are built; of the variables each by its name. */
export function diffRecords(one: Recipe, other: Recipe): FieldDifference[] {
  const valuesOf = ({ template_dictionary: entries }: Recipe) => new Map((entries ?? []).map(({ key, value }) => [key, value]))
  const [before, after] = [valuesOf(one), valuesOf(other)]
  const fields = compared.map((field) => ({ field, a: one[field] ?? null, b: other[field] ?? null }))
  const variables = [...new Set([...before.keys(), ...after.keys()])].map((key) => ({
    field: `template_dictionary.${key}`,
    a: before.get(key) ?? null,
    b: after.get(key) ?? null,
  }))
  return [...fields, ...variables].filter(({ a, b }) => a !== b)
}

/** How the files of two recipes differ, by path. */
export function diffFiles(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): FileDifference[] {
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((file): FileDifference[] => {
    if (before.get(file) === after.get(file)) return []
    return [{ file, change: !before.has(file) ? 'added' : !after.has(file) ? 'removed' : 'changed' }]
  })
}
