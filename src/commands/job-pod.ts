import type { Job } from '../ims/records.ts'
import { diagnose, diagnosisText, type Diagnosis } from '../kubernetes/diagnosis.ts'
import { tailOfFailed, type FailedLog } from '../kubernetes/failed-log.ts'
import { KubectlFault } from '../kubernetes/fault.ts'
import { createKubectl, type Kubectl } from '../kubernetes/kubectl.ts'
import { findEvents, findPod, type Pod } from '../kubernetes/pod.ts'
import type { App } from './app.ts'

/** The `kubectl` of this machine, as the user calls it. */
export function kubectlOf({ io }: App): Kubectl {
  return createKubectl(io.env)
}

/** A job's pod; undefined where there is none, or `kubectl` doesn't work here. */
export function podOf(app: App, job: Job): Promise<Pod | undefined> {
  return ifWorks(app, () => findPod(kubectlOf(app), job, limits(app)))
}

/** Why a job's pod can't run, in Kubernetes' words; undefined where nothing is wrong, or `kubectl` doesn't work here. */
export function diagnosisOf(app: App, job: Job): Promise<Diagnosis | undefined> {
  return ifWorks(app, async () => {
    const kubectl = kubectlOf(app)
    const pod = await findPod(kubectl, job, limits(app))
    return diagnose(pod, await findEvents(kubectl, job, pod, limits(app)))
  })
}

/** Why a job hangs, as a line. */
export async function whyItHangs(app: App, job: Job): Promise<string | undefined> {
  const found = await diagnosisOf(app, job)
  return found && `its pod can't run: ${diagnosisText(found)}`
}

/** What the container that failed wrote; undefined where `kubectl` doesn't work here. */
export function failedLogOf(app: App, job: Job, count?: number): Promise<FailedLog | undefined> {
  return ifWorks(app, async () => {
    const kubectl = kubectlOf(app)
    const pod = await findPod(kubectl, job, limits(app))
    return pod && tailOfFailed(kubectl, job, pod, count, limits(app))
  })
}

/** The log of the container that failed in a few lines: those with ERROR, else the last ones. */
export function excerptOf({ container, lines, errors }: FailedLog, count = 5): string[] {
  const chosen = errors.length > 0 ? errors.slice(0, count) : lines.slice(-count)
  return chosen.map((line) => `  ${container} | ${line}`)
}

const limits = ({ io }: App) => ({ signal: io.interrupted })

async function ifWorks<T>(app: App, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (fault) {
    if (!(fault instanceof KubectlFault)) throw fault
    app.log(1, `kubectl: ${fault.message}`)
    return undefined
  }
}
