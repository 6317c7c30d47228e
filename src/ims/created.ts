import { parseUtc } from '../time/utc.ts'

/** When a record was made, in milliseconds since 1970. */
export function createdAt({ created }: { readonly created: string }): number {
  return parseUtc(created)
}
