import type { CommandContext } from '../context.ts'
import type { DebugOptions } from '../definitions/job-shells.ts'
import type { Api } from '../ims/api.ts'
import type { Job, SshContainer } from '../ims/records.ts'
import type { Progress } from '../terminal/progress.ts'

/** A job's container whose shell is opened or signalled, and what that is done with. */
export interface ShellContext {
  readonly context: CommandContext
  readonly api: Api
  readonly job: Job
  readonly container: SshContainer
  readonly progress: Progress
}

/** How a job's shell is to be reached, as the options say it. */
export type Reaching = Pick<DebugOptions, 'access' | 'identity' | 'host_key' | 'interval'>
