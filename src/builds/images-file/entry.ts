import { excerpt } from '../../text/printable.ts'
import { buildOptions, customizeOptions } from '../../definitions/image-builds.ts'
import { optionKey, type OptionDefinition } from '../../definitions/definition.ts'
import type { importKeys } from '../../definitions/image-transfers.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { firstConflict, orList } from '../../definitions/relations.ts'
import { specProblems, type ImageSpec } from '../image-spec.ts'
import { isSimilar } from '../../text/similarity.ts'
import { readImportSource, type ImportSource } from './import-source.ts'
import { keyOf, keyRows, sources, type Source } from './keys.ts'
import type { SourceNode, SourceMapping } from './source-node.ts'
import type { Found } from './diagnostics.ts'
import { described, typedValue } from './typed.ts'

/** An image of a file, as its user ordered it: what isn't in the file isn't in here, either. */
export type FileOrder = Partial<ImageSpec> & Pick<ImageSpec, 'name' | 'job_type' | 'source'>

/** An image of a file that is imported; what isn't in the file isn't in here, either. */
export interface FileImport extends Partial<Omit<InferOptions<typeof importKeys>, 'metadata'>> {
  readonly name: string
  readonly import: ImportSource
  readonly metadata?: Readonly<Record<string, string>>
}

/** An image of a file. */
export interface Entry {
  /** From 1. */
  readonly line: number
  readonly order: FileOrder | FileImport
  /** The line of a key, in either spelling (`recipe`, `base` and `import` are `source`, too); that of the image where it isn't given. */
  lineOf(key: string): number
  /** The name of the image in the same file that it is made from. */
  readonly needs: string | undefined
}

const nameRow = { flag: '--name', type: 'text', help: '' } as const satisfies OptionDefinition
const sourceRows = sources.map((source): OptionDefinition => ({ ...nameRow, flag: `--${source}` }))
/** By the kind of image, whose rows of a name may differ. */
const allRows = (source: Source | undefined): readonly OptionDefinition[] => [
  nameRow,
  ...sourceRows,
  ...(source ? keyRows[source] : []),
  ...sources.flatMap((one) => keyRows[one]),
]
const withArticle = (source: Source) => `${source === 'import' ? 'an' : 'a'} ${source}`
const alternatives = sources.map(withArticle)
const lineOptions: readonly OptionDefinition[] = [...buildOptions, ...customizeOptions]

/** Reads an image of a file. Where a mistake was found, what is returned isn't whole. */
export function readEntry({ line, value }: SourceNode, found: Found): Entry {
  const map: SourceMapping = value instanceof Map ? value : (new Map() as SourceMapping)
  if (map !== value) found(line, `an image is a map with a name, and ${orList(alternatives)}; this is ${described(value)}`)
  const given = sources.filter((source) => map.has(source))
  const lines = new Map<string, number>()
  const order = new Map<string, unknown>()

  for (const [written, { line: at, value: item }] of map) {
    const key = written.replaceAll('_', '-')
    const row = allRows(given[0]).find((one) => keyOf(one) === key)
    const twice = lines.get(key)
    if (!row) found(at, unknownKey(written))
    else if (twice !== undefined) found(at, `${excerpt(written)} is given twice: line ${twice} has it in the other spelling`)
    else if (!belongs(row, given))
      found(at, `${key} belongs to images made from ${orList(kindsOf(row).map(withArticle))}, and this one has ${withArticle(given[0]!)}`)
    else if (key === 'import') order.set('import', readImportSource(item, lines, found))
    else {
      const typed = typedValue(row, item)
      if ('why' in typed) found(at, typed.why)
      else order.set(optionKey(row), typed.value)
    }
    if (row && twice === undefined) lines.set(key, at)
  }

  if (map === value && !map.has('name')) found(line, 'the image has no name')
  if (map === value && given.length === 0) found(line, `the image has neither ${alternatives.join(' nor ')}: what is it made from?`)
  const [first, second] = given
  if (first && second)
    found(
      lines.get(second)!,
      `the image has ${withArticle(first)} in line ${lines.get(first)}, and ${withArticle(second)}, too: it is made from one of them`,
    )
  const made = orderOf(first, Object.fromEntries(order))
  lines.set('source', lines.get(given[0] ?? '') ?? line)
  const lineOf = (key: string) => lines.get(key.replaceAll('_', '-')) ?? line
  const rows = given.flatMap((source) => keyRows[source])
  const conflict = firstConflict(
    rows.filter((row) => lines.has(keyOf(row))).map(({ flag }) => flag),
    { options: rows },
  )?.map((flag) => flag.slice(2))
  if (conflict) found(lineOf(conflict[1]!), `${conflict.join(' and ')} don't go together`)
  // They judge what is given alone.
  for (const { flag, why } of 'import' in made ? [] : specProblems(made)) found(lineOf(flag.slice(2)), why)
  return { line, order: made, lineOf, needs: undefined }
}

function orderOf(source: Source | undefined, { recipe, base, ...keys }: Record<string, unknown>): Entry['order'] {
  if (source === 'import') return keys as unknown as FileImport
  return { ...keys, source: recipe ?? base, job_type: source === 'base' ? 'customize' : 'create' } as FileOrder
}

/** What an image is made from that can have a key. */
const kindsOf = (row: OptionDefinition) => sources.filter((source) => keyRows[source].some(({ flag }) => flag === row.flag))

function belongs(row: OptionDefinition, given: readonly Source[]): boolean {
  const [kind, other] = given
  const kinds = kindsOf(row)
  return kind === undefined || other !== undefined || kinds.length === 0 || kinds.includes(kind)
}

function unknownKey(written: string): string {
  const key = excerpt(written, 60)
  if (/^no[-_]jail$/.test(written)) return `there is no key ${key}: write jail: false`
  if (lineOptions.some((row) => optionKey(row) === optionKey({ ...nameRow, flag: `--${written}` }))) {
    return `${key} is an option, not a key of an image: it goes on the command line, for all of them`
  }
  const typed = written.toLowerCase().replaceAll('_', '-')
  const keys = [...new Set(allRows(undefined).map(keyOf))]
  const near = keys.filter((one) => isSimilar(typed, one))
  const meant = near.length > 0 ? near : keys.filter((one) => typed.length > 2 && one.includes(typed))
  return `there is no key ${key}${meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : ''}`
}
