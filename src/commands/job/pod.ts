import type { Job } from '../../ims/records.ts'
import { diagnose, type Diagnosis } from '../../kubernetes/diagnosis.ts'
import type { FailedJob } from '../../kubernetes/failed-container.ts'
import { tailOfFailed, type FailedLog } from '../../kubernetes/failed-log.ts'
import { createKubectl, type CallLimits, type Kubectl } from '../../kubernetes/kubectl.ts'
import { findEvents, findPod, type Pod } from '../../kubernetes/pod.ts'
import type { App } from '../app.ts'

/** The `kubectl` of this machine, as the user calls it. */
export function kubectlOf({ io }: App): Kubectl {
  return createKubectl(io.env)
}

/** A job's pod; undefined where there is none, or `kubectl` doesn't work here. Rejects with the signal's reason. */
export function podOf(app: App, job: Job, signal?: AbortSignal): Promise<Pod | undefined> {
  return ifWorks(app, signal, (kubectl, limits) => findPod(kubectl, job, limits))
}

/**
 * Why a job's pod can't run, in Kubernetes' words; undefined where nothing is wrong, or `kubectl` doesn't work here.
 * Rejects with the signal's reason.
 */
export function diagnosisOf(app: App, job: Job, signal?: AbortSignal): Promise<Diagnosis | undefined> {
  return ifWorks(app, signal, async (kubectl, limits) => {
    const pod = await findPod(kubectl, job, limits)
    return diagnose(pod, await findEvents(kubectl, job, pod, limits))
  })
}

/** What the container that failed wrote; undefined where `kubectl` doesn't work here. Rejects with the signal's reason. */
export function failedLogOf(app: App, job: Job & Pick<FailedJob, 'previousStatus'>, signal?: AbortSignal): Promise<FailedLog | undefined> {
  return ifWorks(app, signal, async (kubectl, limits) => {
    const pod = await findPod(kubectl, job, limits)
    return pod && tailOfFailed(kubectl, job, pod, undefined, limits)
  })
}

/** What went wrong, in a few lines of the container that failed: those with ERROR, then the last ones. */
export function excerptOf({ lines, errors }: FailedLog, count = 5): string[] {
  const tail = lines.filter((line) => line.trim() !== '').slice(-count)
  return [...errors.filter((line) => !tail.includes(line)).slice(0, count), ...tail]
}

/** The same in as few lines as can be: those with ERROR, else the last ones. */
export function briefOf(log: FailedLog, count = 3): string[] {
  return log.errors.length > 0 ? log.errors.slice(0, count) : excerptOf(log, count)
}

/** Ended by an interruption, too. */
const bounded = ({ io }: App, signal: AbortSignal = io.interrupted) => AbortSignal.any([io.interrupted, signal])

/** What `kubectl` tells besides what was asked for: that it can't, or what it tells makes no sense, ends nothing. */
async function ifWorks<T>(app: App, given: AbortSignal | undefined, ask: (kubectl: Kubectl, limits: CallLimits) => Promise<T | undefined>): Promise<T | undefined> {
  const signal = bounded(app, given)
  try {
    return await ask(kubectlOf(app), { signal })
  } catch (fault) {
    if (signal.aborted) throw fault
    app.log(1, `kubectl: ${(fault as Error).message}`)
    return undefined
  }
}
