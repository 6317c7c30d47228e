/** What options of large commands are about, in the order of help, with their headings. */
export const optionGroups = {
  image: 'Image',
  recipe: 'Recipe',
  files: 'Files',
  job: 'Job',
  failure: 'Failure',
  connection: 'Connection',
} as const

export type OptionGroup = keyof typeof optionGroups

/** The rows with what they are about. */
export const inGroup = <const Rows extends readonly object[]>(group: OptionGroup, rows: Rows): Rows =>
  rows.map((row) => ({ ...row, group })) as unknown as Rows

/** Options as they are shown: those of no group first, then each group under its heading. */
export function byGroup<Row extends { readonly group?: OptionGroup }>(
  options: readonly Row[],
): { heading?: string; options: readonly Row[] }[] {
  const groups = [undefined, ...(Object.keys(optionGroups) as OptionGroup[])]
  return groups.flatMap((group) => {
    const own = options.filter((option) => option.group === group)
    return own.length === 0 ? [] : [{ heading: group && optionGroups[group], options: own }]
  })
}
