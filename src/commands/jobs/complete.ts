import type { Run } from '../../context.ts'
import { release, type ReleaseOptions } from '../../jobs/release.ts'
import { allWords } from '../several.ts'

/** Saves the images of jobs that wait. */
export const run: Run<ReleaseOptions, { job: string[] }> = async (context, options, { job }) =>
  release(context, await allWords(context, job, 'JOB'), 'complete', options)
