import type { ColumnKind } from '../definitions/resource.ts'
import { isNumber, type Value } from '../json/value.ts'
import { formatAge } from '../time/time-span.ts'
import { parseUtc } from '../time/utc.ts'
import { jsonLine } from './json.ts'
import type { Layout } from './layout.ts'
import { numberText } from './number.ts'

/** A value as the text of a cell: a list of scalars with commas, what is deeper as JSON; empty for null and nothing. */
export function plainText(value: Value | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (isNumber(value)) return numberText(value)
  if (Array.isArray(value) && value.length > 0 && value.every(isScalar)) return value.map(plainText).join(',')
  return jsonLine(value)
}

/** Whether a value is neither a list nor a table. */
export function isScalar(item: Value): item is Exclude<Value, Value[] | Map<string, Value>> {
  return item === null || typeof item !== 'object' || isNumber(item)
}

type Shown = (value: Value, layout: Pick<Layout, 'wide' | 'now'>) => string

/** How a table shows the kinds of columns. */
export const shownAs: Readonly<Record<ColumnKind, Shown>> = {
  id: (value, { wide }) => (wide ? plainText(value) : firstBlock(plainText(value))),
  age: (value, { now }) => {
    const time = typeof value === 'string' ? parseUtc(value) : NaN
    return Number.isNaN(time) ? plainText(value) : formatAge(now - time)
  },
  status: plainText,
  gibibytes: (value) => (isNumber(value) ? `${numberText(value)}Gi` : plainText(value)),
  'first word': (value) => plainText(value).trimStart().split(/\s/, 1)[0]!,
  'yes or no': (value) => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : plainText(value)),
}

/** The first block of a UUID, by which people name it. */
const firstBlock = (id: string) => (/^[0-9a-f]{8}-/i.test(id) ? id.slice(0, 8) : id)
