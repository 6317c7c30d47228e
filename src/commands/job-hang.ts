import type { App } from './app.ts'
import type { Seen } from './job-watch.ts'

/** A status that lasts longer than this, in milliseconds, makes us ask Kubernetes why. */
const suspicious = 60_000

/**
 * Says why jobs hang, if `kubectl` works here: what is new since it was last asked. A job is only looked into when its
 * status has lasted for a while, and then once a minute.
 */
export function hangs(app: App): (seen: readonly Seen[]) => Promise<string[]> {
  const asked = new Map<string, { at: number; said: string }>()
  return async (seen) => {
    const lines: string[] = []
    for (const { job, inStatus } of seen) {
      const last = asked.get(job.id)
      if (job.status === 'waiting_on_user' || inStatus < suspicious || (last && app.io.now() - last.at < suspicious)) continue
      const { whyItHangs } = await import('./job-pod.ts')
      const said = (await whyItHangs(app, job)) ?? ''
      if (said && said !== last?.said) lines.push(said)
      asked.set(job.id, { at: app.io.now(), said })
    }
    return lines
  }
}
