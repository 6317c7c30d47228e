import type { Api } from '../../ims/api.ts'
import type { Io } from '../../terminal/io.ts'
import { listRecords } from '../../ims/fetch-records.ts'
import type { Job } from '../../ims/records.ts'
import { readSeveral } from '../../jobs/poll.ts'

/** Reads for several that may all read the same: reads that come within a time of each other, in milliseconds, are one. */
export function sharedReads<R, A extends unknown[]>(
  { monotonic }: Pick<Io, 'monotonic'>,
  within: number,
  read: (...how: A) => Promise<R>,
): (...how: A) => Promise<R> {
  let last: { at: number; found: Promise<R> } | undefined
  return (...how) => {
    if (!last || monotonic() - last.at >= within) last = { at: monotonic(), found: read(...how) }
    return last.found
  }
}

/**
 * Reads jobs for several that watch theirs: looks that come within half an interval of each other cost one request.
 *
 * @param interval milliseconds between the looks of each.
 */
export function createSharedLooks(io: Pick<Io, 'monotonic'>, api: Api, interval: number): (ids: readonly string[]) => Promise<Job[]> {
  const read = sharedReads(io, interval / 2, () => listRecords(api, 'job'))
  return (ids) => readSeveral(api, ids, read)
}
