import { diagnose, diagnosisText } from '../../kubernetes/diagnosis.ts'
import { findEvents, findPod } from '../../kubernetes/pod.ts'
import type { Job } from '../../ims/records.ts'
import type { App } from '../app.ts'
import { kubectlOf } from './pod.ts'
import { shortId } from './reference.ts'
import type { Seen } from './watch.ts'

/** A status that lasts longer than this, in milliseconds, makes us ask Kubernetes why, and then again after as long. */
const suspicious = 60_000

/** … or than so many looks, for who looks more often. */
const suspiciousLooks = 12

/** Asks Kubernetes why jobs hang, besides the looks at them. */
export interface Hangs {
  /** Takes in a look. */
  look(seen: readonly Seen[]): void
  /** Ends what is being asked. */
  stop(): void
}

/**
 * Says why jobs hang, if `kubectl` works here: what is new since it was last asked. It keeps no look waiting.
 *
 * @param interval milliseconds between looks.
 */
export function createHangs(app: App, interval: number, say: (line: string) => void): Hangs {
  const { io } = app
  const patience = Math.min(suspicious, suspiciousLooks * interval)
  const stopped = new AbortController()
  const signal = AbortSignal.any([io.interrupted, stopped.signal])
  const kubectl = kubectlOf(app)
  const asked = new Map<string, { at: number; said?: string }>()
  let asking = false

  async function whyOf(job: Job): Promise<string | undefined> {
    const pod = await findPod(kubectl, job, { signal })
    const running = pod?.status.phase === 'Running'
    const found = diagnose(pod, running ? [] : await findEvents(kubectl, job, pod, { signal }))
    return found && diagnosisText(found)
  }

  async function ask(jobs: readonly Job[]): Promise<void> {
    asking = true
    try {
      for (const job of jobs) {
        const last = asked.get(job.id)
        const said = await whyOf(job)
        if (said && said !== last?.said) say(`${shortId(job.id)} ${job.status}: its pod can't run: ${said}`)
        asked.set(job.id, { at: io.monotonic(), said })
      }
    } catch (error) {
      if (signal.aborted) return
      // Whatever it is: to say why a job hangs is no part of what was asked for.
      app.log(1, `kubectl: ${(error as Error).message}`)
      // What doesn't work for one job won't for the others.
      for (const { id } of jobs) asked.set(id, { at: io.monotonic(), said: asked.get(id)?.said })
    } finally {
      asking = false
    }
  }

  return {
    look(seen) {
      const due = ({ job, inStatus }: Seen) => inStatus >= patience && io.monotonic() - (asked.get(job.id)?.at ?? 0) >= patience
      const jobs = seen.filter(({ job }) => !settled.has(job.status)).filter(due).map(({ job }) => job)
      if (jobs.length > 0 && !asking) void ask(jobs)
    },
    stop: () => stopped.abort(),
  }
}

/** Statuses that last as long as they like. */
const settled: ReadonlySet<string> = new Set(['waiting_on_user', 'success', 'error'])
