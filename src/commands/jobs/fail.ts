import type { Run } from '../../context.ts'
import { release, type ReleaseOptions } from './release.ts'

/** `jobs fail`: discards the images of jobs that wait. */
export const run: Run<ReleaseOptions, { job: string[] }> = (context, options, { job }) => release(context, job, 'failed', options)
