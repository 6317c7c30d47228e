import { sortedLines } from '../json-text.ts'
import { servedFields, type Job } from '../records.ts'
import type { JobStatus } from '../../ims/records.ts'

/** A line of a log, which may say when it was written (milliseconds since 1970). */
export type Line = string | ((time: number) => string)

const api = 'https://api-gw-service-nmn.local/apis/ims'

/** `22:51:13` */
export const clockText = (time: number): string => new Date(time).toISOString().slice(11, 19)

/** `2026-11-25 22:51:12,600`, as Python's logging has it. */
const stampText = (time: number): string => new Date(time).toISOString().replace('T', ' ').replace('.', ',').slice(0, 23)

/** A job's record as the service answers it to whoever set a status. */
function recordAt(job: Job, status: JobStatus, image: string | null): Record<string, unknown> {
  const fields = Object.fromEntries(servedFields.jobs.map((name) => [name, job[name] ?? null]))
  return { ...fields, status, resultant_image_id: image }
}

/** What the helper says that sets a job's status from Python. */
export const statusAsked = ({ id }: Job, status: JobStatus): string[] => [
  `INFO:ims_python_helper:image_set_job_status: {{ims_job_id: ${id}, job_status: ${status}}}`,
  `INFO:ims_python_helper:PATCH ${api}/jobs/${id} status=${status}`,
]

/** What it says where it is a command: the answer, too. */
export const statusSet = (job: Job, status: JobStatus, image: string | null = null): string[] => [
  ...statusAsked(job, status),
  ...sortedLines({ ims_job_record: recordAt(job, status, image), result: 'success' }),
]

/** The same in a script that is traced. */
export const statusTraced = (job: Job, status: JobStatus): string[] => [
  `+ set_job_status ${status}`,
  `+ local status=${status}`,
  `+ python3 -m ims_python_helper image set_job_status ${job.id} ${status}`,
  ...statusSet(job, status),
]

/** A line of wait-for-repos. */
export const logged =
  (text: string, level = 'INFO', logger = '__main__'): Line =>
  (time) =>
    `${stampText(time)} - ${level.padEnd(7)} - ${logger} - ${text}`

/** What wait-for-repos says when it sets a status. */
export const statusLogged = (job: Job, status: JobStatus): Line[] => [
  logged(`Setting job status to '${status}'`),
  logged(`PATCH ${api}/jobs/${job.id} status=${status}`, 'INFO', 'ims_python_helper'),
  logged(`Result of setting job status: ${pythonText(recordAt(job, status, null))}`),
]

/** Data as Python prints it. */
function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return `'${value.replace(/['\\]/g, '\\$&')}'`
  if (Array.isArray(value)) return `[${value.map(pythonText).join(', ')}]`
  return `{${Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, item]) => `'${key}': ${pythonText(item)}`)
    .join(', ')}}`
}

/** A command of a script that is traced, and what it printed. */
export const echoed = (text: string): string[] => [`+ echo '${text}'`, text]
