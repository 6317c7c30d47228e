import { shellAvailability } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import { pastedWord } from '../text/shell-words.ts'
import type { ImageSpec } from './image-spec.ts'

/** What of a command has to be said again to go on with its job in the same way. */
export interface Again extends Pick<ImageSpec, 'script' | 'run' | 'public_key'> {
  readonly if_exists?: ImageSpec['if_exists']
  readonly keep_job?: boolean
  readonly identity?: string
}

/** The line that takes a job up again. */
export function resumeLine(program: string, job: Job, { if_exists, keep_job, ...again }: Again): string {
  const forShell = (['script', 'run', 'public_key', 'identity'] as const).filter((key) => again[key] !== undefined)
  const words = [
    `${program} ${job.job_type === 'create' ? 'build' : 'customize'} --resume ${job.id}`,
    ...(shellAvailability(job) === 'never' ? [] : forShell.map((key) => `--${key.replace('_', '-')} ${pastedWord(again[key]!)}`)),
    if_exists === 'replace' && '--if-exists replace',
    keep_job && '--keep-job',
  ]
  return words.filter(Boolean).join(' ')
}
