import type { ApiRequest } from '../ims/api.ts'
import { deleteRequest } from '../ims/requests.ts'
import { writeJson } from '../json/write.ts'
import { images, jobs } from '../definitions/records.ts'
import { jobRequest, keyRequest, type Plan } from './plan.ts'

/** What stands for ids that are yet to be given. */
const [newKey, newJob] = ['NEW_PUBLIC_KEY_ID', 'NEW_JOB_ID']

/**
 * The writes that a plan would send, a line each: those after the job's creation are sent once it succeeds.
 *
 * @param uploaded whether its key is there by then.
 */
export function plannedWrites(
  plan: Plan,
  { debug, keepJob, uploaded = false }: { debug: boolean; keepJob: boolean; uploaded?: boolean },
): string[] {
  const { keyId, resumeJob, foreign, replaces } = plan
  return [
    ...(keyId || resumeJob || uploaded ? [] : [requestLine(keyRequest(plan))]),
    ...(resumeJob ? [] : [requestLine(jobRequest(plan, keyId ?? newKey, debug))]),
    ...(replaces ? [requestLine(deleteRequest(images, replaces.id))] : []),
    ...(keepJob || foreign ? [] : [requestLine(deleteRequest(jobs, resumeJob?.id ?? newJob))]),
  ]
}

/** A request in a line: `POST PATH BODY`. */
export function requestLine({ method, path, body }: ApiRequest): string {
  return [method, path, body !== undefined && writeJson(body)].filter(Boolean).join(' ')
}
