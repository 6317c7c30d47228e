import type { Api } from '../../ims/api.ts'
import { createdAt } from '../../ims/created.ts'
import { shellOutlook } from '../../ims/job-outlook.ts'
import type { Job } from '../../ims/records.ts'
import type { Diagnosis } from '../../kubernetes/diagnosis.ts'
import type { Progress } from '../../terminal/progress.ts'
import { timeSpan } from '../../terminal/time-span.ts'
import type { App } from '../app.ts'
import { diagnosisOf } from './pod.ts'
import { describeJob, shortId, type JobRecord } from './reference.ts'
import { watchJobs, type Seen } from './watch.ts'
import { goneFailure, noShell, podFailure } from './no-shell.ts'

/** How long a shell is waited for. */
export interface ShellWait {
  /** Milliseconds between looks. */
  interval: number
  /** Milliseconds; none is without end. */
  timeout: number | undefined
  /** When the wait began, by the monotonic clock. */
  began: number
}

/**
 * Follows a job until its shell opens.
 *
 * @throws Failure with exit 1 as soon as none can come, 3 at the time limit.
 */
export async function waitForShell(app: App, api: Api, first: JobRecord, wait: ShellWait, progress: Progress): Promise<Job> {
  const { id } = first.job
  const pod = createPodLook(app)
  const watch = { ...wait, progress, resume: `${app.program} jobs debug ${id}`, known: [first] }
  try {
    const { job, outlook, why } = await watchJobs(app, api, [id], watch, async (seen) => {
      const now = seen.get(id)
      if (!now) throw goneFailure(app, id)
      if (now.before) progress.line(`✔ ${now.before.status} ${timeSpan(now.before.lasted)} → ${now.job.status}`)
      const outlook = shellOutlook(now.job)
      if (outlook !== 'may come') return { job: now.job, outlook, why: undefined }
      progress.now(`${shortId(id)} ${now.job.status} ${timeSpan(now.inStatus)}, ${timeSpan(now.total)} in all; waits for ${waitsFor(now.job)}`)
      const why = await pod.look(now)
      // A job that has just ended in error leaves a failed pod, too: the next look tells.
      const same = why && (await describeJob(api, id)).job.status === now.job.status
      return same ? { job: now.job, outlook, why } : undefined
    })
    if (why) throw podFailure(job, why)
    if (outlook === 'never') throw await noShell(app, job)
    return job
  } finally {
    pod.stop()
  }
}

function waitsFor({ job_type, status }: Job): string {
  if (job_type === 'customize') return 'its image'
  return status === 'building_image' ? 'the build, should it fail' : 'its build'
}

/** Milliseconds between questions about a pod, and how long the first may keep a look waiting. */
const [every, patience] = [10_000, 3000]

/** A younger pod may still get its volume, its image or a place: then it is asked about twice. */
const young = 60_000

/** Asks Kubernetes why a job's pod can't run, besides the looks at the job. */
function createPodLook(app: App) {
  const { io } = app
  const stopped = new AbortController()
  let asked: { status: string; at: number } | undefined
  let suspected: string | undefined
  let answer: Diagnosis | undefined
  let asking: Promise<void> | undefined

  function ask(job: Job): void {
    if (asked?.status !== job.status) suspected = undefined
    asked = { status: job.status, at: io.monotonic() }
    asking = diagnosisOf(app, job, stopped.signal)
      .then((found) => void (answer = found), () => {})
      .finally(() => void (asking = undefined))
  }

  return {
    async look({ job }: Seen): Promise<Diagnosis | undefined> {
      const first = asked === undefined
      if (!asking && (asked?.status !== job.status || io.monotonic() - asked.at >= every)) ask(job)
      if (first) await orLate(asking!, patience)
      const found = asked?.status === job.status ? answer : undefined
      answer = undefined
      if (!found) return undefined
      const sure = found.final || found.reason === suspected || io.now() - createdAt(job) > young
      suspected = found.reason
      return sure ? found : undefined
    },
    stop: () => stopped.abort(),
  }
}

function orLate(task: Promise<void>, milliseconds: number): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds)
    const inTime = () => {
      clearTimeout(timer)
      done()
    }
    task.then(inTime, inTime)
  })
}
