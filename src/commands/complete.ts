import type { Run } from './app.ts'
import { release, type ReleaseOptions } from './job/release.ts'

/** Tells a job that waits to go on, and keep its result. */
export const run: Run<ReleaseOptions> = (app, options, { job }) => release(app, job!, 'complete', options)
