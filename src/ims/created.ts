import { parseUtc } from '../time/utc.ts'

/** When a record was made, in milliseconds since 1970. */
export function createdAt({ created }: { readonly created: string }): number {
  return parseUtc(created)
}

/** Whether a record was created before another one; of one moment, the same one for everybody. */
export function isEarlier(one: Created, other: Created): boolean {
  return one.id !== other.id && (createdAt(one) - createdAt(other) || (one.id < other.id ? -1 : 1)) < 0
}

interface Created {
  readonly id: string
  readonly created: string
}
