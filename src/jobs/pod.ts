import type { Job } from '../ims/records.ts'
import { diagnosisText, killedBy, remedyFor, type Diagnosis } from '../kubernetes/diagnosis.ts'
import type { FailedJob } from '../kubernetes/failed-container.ts'
import { reasonsOf, tailOfFailed, type FailedLog } from '../kubernetes/failed-log.ts'
import { createKubectl, type CallLimits, type Kubectl } from '../kubernetes/kubectl.ts'
import { findPod } from '../kubernetes/find-pods.ts'
import type { Pod } from '../kubernetes/pod.ts'
import type { CommandContext } from '../context.ts'

/** The `kubectl` of this machine, as the user calls it. */
export function kubectlOf({ io }: CommandContext): Kubectl {
  return createKubectl(io.env)
}

/** A job's pod; undefined where there is none, or `kubectl` doesn't work here. Rejects with the signal's reason. */
export function podOf(context: CommandContext, job: Job, signal?: AbortSignal): Promise<Pod | undefined> {
  return ifWorks(context, signal, (kubectl, limits) => findPod(kubectl, job, limits))
}

/** Why a job made nothing, as far as its pod tells. */
export interface PodFailure {
  /** That the pod or a container of it was killed; undefined where it wasn't. */
  readonly killed: Diagnosis | undefined
  /** What else is known of the pod. */
  readonly found?: Diagnosis
  /** What the container that failed wrote; undefined where it can't be read. */
  readonly log: FailedLog | undefined
}

/**
 * Why a job made nothing; undefined where its pod is gone, or `kubectl` doesn't work here. Rejects with the signal's reason.
 *
 * @param found what is known of the pod, should nothing more be found.
 */
export async function podFailureOf(
  context: CommandContext,
  job: Job & Pick<FailedJob, 'previousStatus'>,
  { found, signal }: { found?: Diagnosis; signal?: AbortSignal } = {},
): Promise<PodFailure | undefined> {
  const failure = await ifWorks(context, signal, async (kubectl, limits) => {
    const pod = await findPod(kubectl, job, limits)
    return (
      pod && { killed: killedBy(pod), found, log: await ifWorks(context, signal, () => tailOfFailed(kubectl, job, pod, undefined, limits)) }
    )
  })
  return failure ?? (found && { killed: undefined, found, log: undefined })
}

/**
 * Why a job made nothing, in a few lines: what killed its pod, and what to do about that, then the lines of the container that
 * say what went wrong.
 *
 * @param count how many lines of the container there are at most.
 */
export function reasonLines(failure: PodFailure | undefined, count = 3): string[] {
  if (!failure) return []
  const { killed, found, log } = failure
  // The last lines of what was killed tell nothing.
  const told = !log || (killed && log.errors.length + log.hints.length === 0) ? [] : reasonsOf(log, count)
  const diagnosis = killed ?? (told.length === 0 ? found : undefined)
  const remedy = diagnosis && remedyFor(diagnosis)
  return [
    ...(diagnosis ? [`  ${diagnosisText(diagnosis)}`] : []),
    ...(remedy ? [`  ${remedy}`] : []),
    ...told.map((line) => `  ${log!.container}: ${line}`),
  ]
}

/** Ended by an interruption, too. */
const bounded = ({ io }: CommandContext, signal: AbortSignal = io.interrupted) => AbortSignal.any([io.interrupted, signal])

/** What `kubectl` tells besides what was asked for: that it can't, or what it tells makes no sense, ends nothing. */
async function ifWorks<T>(
  context: CommandContext,
  given: AbortSignal | undefined,
  ask: (kubectl: Kubectl, limits: CallLimits) => Promise<T | undefined>,
): Promise<T | undefined> {
  const signal = bounded(context, given)
  try {
    return await ask(kubectlOf(context), { signal })
  } catch (fault) {
    if (signal.aborted) throw fault
    context.log(1, `kubectl: ${(fault as Error).message}`)
    return undefined
  }
}
