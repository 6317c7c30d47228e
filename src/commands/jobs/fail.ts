import type { Run } from '../../context.ts'
import { release, type ReleaseOptions } from '../../jobs/release.ts'
import { allWords } from '../several.ts'

/** Discards the images of jobs that wait. That a job ends in error is what was asked for. */
export const run: Run<ReleaseOptions, { job: string[] }> = async (context, options, { job }) => {
  const code = await release(context, await allWords(context, job, 'JOB'), 'failed', options)
  return code === 1 ? 0 : code
}
