import type { Run } from '../../context.ts'
import { release, type ReleaseOptions } from '../../jobs/release.ts'

/** Tells a job that waits to go on, and keep its result. */
export const run: Run<ReleaseOptions> = (context, options, { job }) => release(context, job!, 'complete', options)
