import { createdAt } from '../ims/created.ts'
import { stageOf } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import type { Progress } from '../terminal/progress.ts'
import { formatDuration } from '../time/time-span.ts'
import { memoryNote } from '../jobs/shell-exit.ts'
import type { CommandContext } from '../context.ts'
import { shortId } from '../jobs/lookup.ts'

/** Jobs that have waited on their users for longer than this, in milliseconds, are taken for forgotten. */
const forgotten = 4 * 3600_000

/** How many of them are named. */
const named = 5

/** Names jobs that were most likely forgotten: they hold memory that this one may need. */
export function reportStaleJobs(context: CommandContext, progress: Progress, all: readonly Job[]): void {
  const age = (job: Job) => context.io.now() - createdAt(job)
  const waiting = all.filter((job) => stageOf(job) === 'waiting' && age(job) > forgotten)
  for (const job of waiting.slice(0, named)) {
    progress.log(
      `Job ${shortId(job.id)} ${job.image_root_archive_name}, made ${formatDuration(age(job))} ago, waits on its user${memoryNote(job)}: ${context.commandLine('jobs', 'fail', job.id)}`,
    )
  }
  if (waiting.length > named) progress.log(`… and ${waiting.length - named} more that wait`)
}
