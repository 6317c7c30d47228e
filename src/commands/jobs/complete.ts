import type { Run } from '../../context.ts'
import { release, type ReleaseOptions } from '../../jobs/release.ts'

/** Tells a job that waits to go on, and keep its result. */
export const run: Run<ReleaseOptions> = (app, options, { job }) => release(app, job!, 'complete', options)
