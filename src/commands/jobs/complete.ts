import type { Run } from '../../context.ts'
import { release, type ReleaseOptions } from './release.ts'

/** `jobs complete`: saves the images of jobs that wait. */
export const run: Run<ReleaseOptions, { job: string[] }> = (context, options, { job }) => release(context, job, 'complete', options)
