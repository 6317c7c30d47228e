import type { Api } from '../ims/api.ts'
import type { Job } from '../ims/records.ts'
import type { BuildOptions } from '../definitions/image-builds.ts'
import type { Progress } from '../terminal/progress.ts'
import type { CommandContext } from '../context.ts'
import type { PollOptions } from '../jobs/poll.ts'

/** What images are made with, and how that is looked after. */
export interface BuildContext {
  readonly context: CommandContext
  /** Held, so that who waits can outlast a service that is away. */
  readonly api: Api
  readonly progress: Progress
  /** Someone sits before it, who can be asked. */
  readonly attended: boolean
  readonly supervision: Supervision
  /** A line that is said also when quiet: no other says it again. */
  tell(line: string): void
  /** In place of one request for each look at a job. */
  readonly read?: PollOptions['read']
  /** Does something once the image is made or has failed. */
  atEnd(work: () => Promise<void>): void
  readonly underWay: JobTracker
  /** It is the only image that is made. */
  readonly only: boolean
  /** The command that goes on with a job later: `build --resume JOB`. */
  resume(job: Job): readonly string[]
}

/** What writes to the service are sent with. */
export type WriteContext = Pick<BuildContext, 'context' | 'api' | 'progress' | 'attended' | 'tell' | 'atEnd'> & {
  readonly supervision: Pick<Supervision, 'interval'>
}

/** What is under way of an image, for whoever is interrupted. */
export interface JobTracker {
  /** Its job; none before it is created, and once it is of no use any more: deleted, or ended without an image. */
  job?: Job
  /** The job waits on its user: it does not go on by itself. */
  waiting?: boolean
}

/** Options that look after a job, whichever it is; its private key, where that isn't among those that are looked through anyway. */
export type Supervision = Readonly<
  Pick<BuildOptions, 'access' | 'identity' | 'host_key' | 'interval' | 'timeout' | 'logs' | 'keep_job' | 'on_failure' | 'without_logs'>
>
