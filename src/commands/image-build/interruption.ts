import { Failure } from '../../errors.ts'
import type { Job } from '../../ims/records.ts'
import type { App } from '../app.ts'
import { shortId } from '../job-reference.ts'
import { deleteJob } from '../job-release.ts'

/** What is under way when Ctrl-C or SIGTERM comes. */
interface UnderWay {
  readonly jobs: readonly Job[]
  /** Someone sits before it, who can be asked. */
  readonly attended: boolean
  /** `--cancel-on-interrupt` */
  readonly cancel: boolean
  /** The line that takes it up again. */
  readonly resume: string
}

/** Sees to jobs that are under way when we are interrupted: left running unless their user wants them deleted. Returns what to end with. */
export async function handleInterruption(before: App, reason: Failure, { jobs, attended, cancel, resume }: UnderWay): Promise<Failure> {
  const app = before.afterInterruption()
  const one = jobs.length === 1
  const remove = cancel || (attended && reason.exit === 130 && (await askToDelete(app, jobs)))
  if (!remove) return new Failure(reason.message, { exit: reason.exit, more: [one ? 'The job goes on.' : 'The jobs go on.'], next: resume })
  const api = await app.api()
  try {
    for (const job of jobs) await deleteJob(api, job)
  } finally {
    await api.close()
  }
  return new Failure(reason.message, { exit: reason.exit, more: jobs.map(({ id }) => `Job ${id} is deleted.`) })
}

async function askToDelete(app: App, jobs: readonly Job[]): Promise<boolean> {
  const what = jobs.length === 1 ? `job ${shortId(jobs[0]!.id)}` : `${jobs.length} jobs`
  for (;;) {
    // A second Ctrl-C leaves it running, too.
    const answer = await app.questions.ask(`\nInterrupted. (d)elete ${what}, or (L)eave running: `).catch(() => '')
    if (/^\s*d/i.test(answer)) return true
    if (/^\s*(l|$)/i.test(answer)) return false
  }
}
