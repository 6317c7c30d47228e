import { isNumber, type Value } from '../json/value.ts'
import { plainText } from './cell.ts'
import { orderOf } from './query-order.ts'

/** The order of two fields of records: numbers by size, anything else by its text; what isn't there comes last either way. */
export function compareValues(one: Value | undefined, other: Value | undefined, down: boolean): number {
  const [missing, otherMissing] = [one === undefined || one === null, other === undefined || other === null]
  if (missing || otherMissing) return Number(missing) - Number(otherMissing)
  const order =
    isNumber(one) && isNumber(other) ? Number(one.number) - Number(other.number) : (orderOf(plainText(one), plainText(other)) ?? 0)
  return down ? -order : order
}
