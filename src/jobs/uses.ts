import { hasEnded } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import { shortId } from './lookup.ts'

/** Why a record is kept. */
export interface Use {
  readonly job: Job
  readonly why: string
}

/** Why unfinished jobs keep records, themselves among them, by the ids of these. */
export function usesOf(jobs: readonly Job[]): ReadonlyMap<string, Use> {
  const unfinished = jobs.filter((job) => !hasEnded(job))
  return new Map(
    unfinished.flatMap((job): [string, Use][] => {
      const { id, status, artifact_id, resultant_image_id } = job
      const used = [artifact_id, resultant_image_id].flatMap((one): [string, Use][] =>
        one ? [[one, { job, why: `job ${shortId(id)} (${status}) uses it` }]] : [],
      )
      return [...used, [id, { job, why: `it is ${status}` }]]
    }),
  )
}
