import { shellAvailability } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import type { ImageSpec } from './image-spec.ts'

/** What of a command has to be said again to go on with its job in the same way. */
export interface Again extends Pick<ImageSpec, 'script' | 'run' | 'public_key'> {
  readonly if_exists?: ImageSpec['if_exists']
  readonly keep_job?: boolean
  readonly identity?: string
}

/** The command that resumes a job. */
export function resumeCommand(job: Job, { if_exists, keep_job, ...again }: Again): readonly string[] {
  const forShell = (['script', 'run', 'public_key', 'identity'] as const).filter((key) => again[key] !== undefined)
  return [
    job.job_type === 'create' ? 'build' : 'customize',
    '--resume',
    job.id,
    ...(shellAvailability(job) === 'never' ? [] : forShell.flatMap((key) => [`--${key.replace('_', '-')}`, again[key]!])),
    ...(if_exists === 'replace' ? ['--if-exists', 'replace'] : []),
    ...(keep_job ? ['--keep-job'] : []),
  ]
}
