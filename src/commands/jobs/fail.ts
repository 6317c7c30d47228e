import type { Run } from '../../context.ts'
import { release, type ReleaseOptions } from '../../jobs/release.ts'

/** Tells a job that waits to end without a result. What was asked for is its end in error. */
export const run: Run<ReleaseOptions> = async (context, options, { job }) => {
  await release(context, job!, 'failed', options)
}
