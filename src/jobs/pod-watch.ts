import { hasEnded, longestIn, stageOf } from '../ims/job-status.ts'
import { createdAt } from '../ims/created.ts'
import type { Api } from '../ims/api.ts'
import { isGone } from '../ims/server-error.ts'
import type { Job } from '../ims/records.ts'
import { diagnose, diagnosisText, type Diagnosis } from '../kubernetes/diagnosis.ts'
import { KubectlError } from '../kubernetes/kubectl-error.ts'
import { findEvents, findPodsOf } from '../kubernetes/find-pods.ts'
import { hasEnded as podHasEnded, type Pod } from '../kubernetes/pod.ts'
import { pastedWords } from '../text/shell-words.ts'
import { formatDuration } from '../time/time-span.ts'
import type { CommandContext } from '../context.ts'
import { kubectlOf } from './pod.ts'
import { describeJob, shortId } from './lookup.ts'
import type { JobSnapshot } from './poll.ts'

/** What keeps a job's pod from running, found by a question that was asked before the last look at the job began. */
export interface PodTrouble extends Diagnosis {
  /** Two questions in a row found it. */
  readonly lasting: boolean
}

/** Asks Kubernetes about the pods of jobs, besides the looks at them. */
export interface PodWatch {
  /**
   * Takes in a look, and asks when it is time; it keeps no look waiting.
   *
   * @returns what keeps the pods of jobs from running that have not ended, by the jobs' ids.
   */
  look(seen: readonly JobSnapshot[]): ReadonlyMap<string, PodTrouble>
  /** Ends what is being asked. */
  stop(): void
}

export interface PodWatchOptions {
  /** Milliseconds between looks. */
  readonly interval: number
  /** Told why pods don't run yet, once a status has lasted long; and that it has lasted too long, where Kubernetes can't be asked. */
  readonly say: (line: string) => void
  /** Why a pod doesn't run is asked for from the start, and left to who takes the looks. */
  readonly eager?: boolean
}

/** Milliseconds between questions, the same in looks for who looks more often, and the least: each starts a program. */
const [every, everyLooks, least] = [20_000, 4, 1000]

/** A status that lasts longer than this, in milliseconds, makes us ask why; the same in looks. */
const [suspicious, suspiciousLooks] = [60_000, 12]

interface Found {
  readonly diagnosis: Diagnosis
  /** How many looks there had been when the answer came. */
  readonly at: number
  readonly times: number
}

export function createPodWatch(context: CommandContext, { interval, say, eager = false }: PodWatchOptions): PodWatch {
  const { io } = context
  const pause = Math.max(least, Math.min(every, everyLooks * interval))
  const patience = eager ? 0 : Math.min(suspicious, suspiciousLooks * interval)
  const stopped = new AbortController()
  const signal = AbortSignal.any([io.interrupted, stopped.signal])
  const kubectl = kubectlOf(context)
  const found = new Map<string, Found>()
  const said = new Map<string, string>()
  const slow = new Set<string>()
  // The statuses that jobs were first seen in.
  const first = new Map<string, string>()
  let looks = 0
  let asking = false
  let asked = -Infinity
  // Why Kubernetes can't be asked.
  let fault: Error | undefined

  async function diagnosisOf({ job, inStatus }: JobSnapshot, pods: readonly Pod[]): Promise<Diagnosis | undefined> {
    const [pod] = pods
    const sure = diagnose(pod)
    if (sure?.final || inStatus < patience || pod?.status.phase === 'Running' || stageOf(job) === 'waiting') return sure
    return diagnose(pod, await findEvents(kubectl, job, pod, { signal }))
  }

  async function ask(seen: readonly JobSnapshot[]): Promise<void> {
    const pods = await findPodsOf(
      kubectl,
      seen.map(({ job }) => job),
      { signal },
    )
    fault = undefined
    for (const one of seen) {
      const { id } = one.job
      const diagnosis = await diagnosisOf(one, pods.get(one.job.kubernetes_job) ?? [])
      const before = found.get(id)
      if (diagnosis) found.set(id, { diagnosis, at: looks, times: before?.diagnosis.reason === diagnosis.reason ? before.times + 1 : 1 })
      else found.delete(id)
      if (diagnosis && !diagnosis.final && !eager && one.inStatus >= patience) tell(one, diagnosisText(diagnosis))
    }
  }

  function tell({ job }: JobSnapshot, why: string): void {
    if (said.get(job.id) === why) return
    said.set(job.id, why)
    say(`${shortId(job.id)} ${job.status}: its pod can't run: ${why}`)
  }

  function tellSlow({ job, inStatus }: JobSnapshot): void {
    const key = `${job.id} ${job.status}`
    const longest = longestIn(job.status)
    if (longest === undefined || slow.has(key)) return
    // Only the age tells since when a job may have been in the status that it was first seen in.
    const age = first.get(job.id) === job.status ? io.now() - createdAt(job) : 0
    if (inStatus < longest.alone && age < longest.sinceCreation) return
    slow.add(key)
    const asks = ['kubectl', 'get', 'pods', '-n', job.kubernetes_namespace, '-l', `job-name=${job.kubernetes_job}`]
    const since = age >= longest.sinceCreation ? `${formatDuration(age)} after it was created` : `after ${formatDuration(inStatus)}`
    say(
      `${shortId(job.id)} is still ${job.status} ${since}, longer than that ever takes: its pod may have failed. Where kubectl works (here: ${fault!.message}): ${pastedWords(asks)}`,
    )
  }

  return {
    look(seen) {
      looks++
      const open = seen.filter(({ job }) => !hasEnded(job) && job.kubernetes_job && job.kubernetes_namespace)
      if (open.length > 0 && !asking && !(fault instanceof KubectlError && fault.kind === 'missing') && io.monotonic() - asked >= pause) {
        asking = true
        asked = io.monotonic()
        void ask(open)
          .catch((error: unknown) => {
            if (signal.aborted) return
            // Whatever it is: why a pod doesn't run is no part of what was asked for.
            fault = error as Error
            context.log(1, `kubectl: ${fault.message}`)
          })
          .finally(() => (asking = false))
      }
      for (const { job } of seen) if (!first.has(job.id)) first.set(job.id, job.status)
      if (fault) for (const one of open) tellSlow(one)
      // A job that has just ended leaves a failed pod, too: only a look that began after the answer can tell.
      const troubles = open.flatMap(({ job }): [string, PodTrouble][] => {
        const one = found.get(job.id)
        return one && looks >= one.at + 2 ? [[job.id, { ...one.diagnosis, lasting: one.times > 1 }]] : []
      })
      return new Map(troubles)
    },
    stop: () => stopped.abort(),
  }
}

/**
 * Why a job's pod has failed for good while the job's status says that it goes on: it never ends. Undefined where it may still
 * end, or `kubectl` doesn't work here.
 */
export async function podFailureNow(context: CommandContext, api: Api, job: Job): Promise<Diagnosis | undefined> {
  const found = await diagnosisNow(context, job)
  if (!found) return undefined
  // It may have ended since its record was read.
  try {
    const now = await describeJob(api, job.id)
    return hasEnded(now) ? undefined : found
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

async function diagnosisNow(context: CommandContext, job: Job): Promise<Diagnosis | undefined> {
  try {
    const pods = await findPodsOf(kubectlOf(context), [job], { signal: context.io.interrupted, limit: patienceNow })
    const [pod] = pods.get(job.kubernetes_job) ?? []
    const found = diagnose(pod)
    return found?.final && pod && (podHasEnded(pod) || found.container !== undefined) ? found : undefined
  } catch (error) {
    context.io.interrupted.throwIfAborted()
    context.log(1, `kubectl: ${(error as Error).message}`)
    return undefined
  }
}

/** How long an answer about one pod is waited for, in milliseconds. */
const patienceNow = 5000
