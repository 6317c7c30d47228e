import type { Job } from '../../ims/records.ts'
import { diagnose, type Diagnosis } from '../../kubernetes/diagnosis.ts'
import type { FailedJob } from '../../kubernetes/failed-container.ts'
import { tailOfFailed, type FailedLog } from '../../kubernetes/failed-log.ts'
import { KubectlFault } from '../../kubernetes/fault.ts'
import { createKubectl, type Kubectl } from '../../kubernetes/kubectl.ts'
import { findEvents, findPod, type Pod } from '../../kubernetes/pod.ts'
import type { App } from '../app.ts'

/** The `kubectl` of this machine, as the user calls it. */
export function kubectlOf({ io }: App): Kubectl {
  return createKubectl(io.env)
}

/** A job's pod; undefined where there is none, or `kubectl` doesn't work here. Rejects with the signal's reason. */
export function podOf(app: App, job: Job, signal?: AbortSignal): Promise<Pod | undefined> {
  return ifWorks(app, () => findPod(kubectlOf(app), job, limits(app, signal)))
}

/**
 * Why a job's pod can't run, in Kubernetes' words; undefined where nothing is wrong, or `kubectl` doesn't work here.
 * Rejects with the signal's reason.
 */
export function diagnosisOf(app: App, job: Job, signal?: AbortSignal): Promise<Diagnosis | undefined> {
  return ifWorks(app, async () => {
    const kubectl = kubectlOf(app)
    const pod = await findPod(kubectl, job, limits(app, signal))
    return diagnose(pod, await findEvents(kubectl, job, pod, limits(app, signal)))
  })
}

/** What the container that failed wrote; undefined where `kubectl` doesn't work here. Rejects with the signal's reason. */
export function failedLogOf(app: App, job: Job & Pick<FailedJob, 'previousStatus'>, signal?: AbortSignal): Promise<FailedLog | undefined> {
  return ifWorks(app, async () => {
    const kubectl = kubectlOf(app)
    const pod = await findPod(kubectl, job, limits(app, signal))
    return pod && tailOfFailed(kubectl, job, pod, undefined, limits(app, signal))
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

const limits = ({ io }: App, signal: AbortSignal = io.interrupted) => ({ signal: AbortSignal.any([io.interrupted, signal]) })

async function ifWorks<T>(app: App, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (fault) {
    if (!(fault instanceof KubectlFault)) throw fault
    app.log(1, `kubectl: ${fault.message}`)
    return undefined
  }
}
