import type { OptionDefinition } from './definition.ts'
import type { InferOptions } from './infer-options.ts'
import { interval } from './job-shells.ts'
import type { Resource } from './resource.ts'

const columns = ['table', 'csv'] as const

/** How one record or several are shown. */
export const viewOptions = [
  {
    flag: '--columns',
    type: 'texts',
    placeholder: 'COLUMN,...',
    complete: 'column',
    formats: columns,
    help: 'Columns or fields to show',
  },
  { flag: '--no-headers', type: 'flag', formats: columns, help: 'Without headings' },
  { flag: '--wide', type: 'flag', formats: ['table'], help: 'Whole ids and more columns' },
] as const satisfies readonly OptionDefinition[]

const sortBy = {
  flag: '--sort-by',
  type: 'texts',
  placeholder: 'COLUMN,...',
  complete: 'column',
  help: 'Sort by these; the other way round with -: status,-age',
} as const satisfies OptionDefinition

export const listViewOptions = [...viewOptions, sortBy] as const

/** What a changing record or list is followed in. */
export const watchFormats = ['table', 'csv', 'jsonl'] as const

export const watchOptions = [
  {
    flag: '--watch',
    short: '-w',
    type: 'flag',
    formats: watchFormats,
    help: 'Show changes until Ctrl-C',
  },
  { ...interval, dependsOn: '--watch' },
] as const satisfies readonly OptionDefinition[]

/** How a command shows its records; `interval` in seconds. */
export type ViewOptions = Partial<InferOptions<typeof listViewOptions> & InferOptions<typeof watchOptions>>

/** The options that filter a list of records: one for each column that can be filtered by. */
export function filterOptions({ one, many, columns }: Resource): OptionDefinition[] {
  return columns.flatMap(({ name, field, filter }): OptionDefinition[] => {
    if (filter === undefined) return []
    if (filter === 'pattern') {
      return [
        {
          flag: '--name',
          type: 'text',
          placeholder: 'PATTERN',
          filters: { field, by: 'pattern' },
          help: `Only ${many} whose names match: 'test-*', '[ab]?'`,
        },
      ]
    }
    if (filter === 'time') {
      return (['older', 'newer'] as const).map((by) => ({
        flag: `--${by}-than`,
        type: 'duration',
        placeholder: 'TIME',
        filters: { field, by },
        help: `Only ${many} ${by} than this: 90d, 12h`,
      }))
    }
    const flag = name === 'type' ? `--${one}-type` : `--${name}`
    const help = `Only ${many} of ${name === 'type' ? 'this type' : `this ${name}`}; repeatable`
    // More choices than these would leave help no room beside them.
    const placeholder = filter.length > 3 ? name.toUpperCase() : undefined
    return [{ flag, type: 'each', choices: filter, placeholder, filters: { field, by: 'value' }, help }]
  })
}
