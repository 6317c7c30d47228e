import type { Api } from '../../ims/api.ts'
import type { Io } from '../../terminal/io.ts'
import { listJobs, type JobRecord } from '../job-reference.ts'

/**
 * Reads jobs for several that watch theirs: looks that come within half an interval of each other cost one request.
 *
 * @param interval milliseconds between the looks of each.
 */
export function createSharedLooks({ now }: Pick<Io, 'now'>, api: Api, interval: number): (ids: readonly string[]) => Promise<JobRecord[]> {
  let last: { at: number; all: Promise<JobRecord[]> } | undefined
  return async (ids) => {
    if (!last || now() - last.at >= interval / 2) last = { at: now(), all: listJobs(api) }
    const { all } = last
    return (await all).filter(({ job }) => ids.includes(job.id))
  }
}
