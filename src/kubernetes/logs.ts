import { CliError } from '../errors.ts'
import { KubectlError } from './kubectl-error.ts'
import { callLimit, type Kubectl } from './kubectl.ts'
import { logLines, type StampedLine } from './log-lines.ts'
import { findPod } from './find-pods.ts'
import { containersInOrder, hasStarted, type Container, type JobInCluster, type Pod } from './pod.ts'

/** A line of a job's log, or a piece of a long one. */
export interface LogLine extends StampedLine {
  readonly container: string
}

/** What of the logs is read. */
export interface LogSelection {
  /** Only this container. */
  container?: string
  /** Only what was written in so many seconds before now. */
  since?: number
  /** Only so many last lines of each container. */
  tail?: number
  signal?: AbortSignal
  /** Told what a person may want to know: a container without logs, a stream that broke, a pod that can't run. */
  notice?: (text: string) => void
}

/**
 * The logs of a job's containers as they are now, in the order they run.
 * @throws KubectlError
 * @throws CliError when there is no such container, or it hasn't started
 */
export async function* readLogs(kubectl: Kubectl, job: JobInCluster, selection: LogSelection = {}): AsyncGenerator<LogLine> {
  const { signal, notice, container: only } = selection
  const pod = await findPod(kubectl, job, { signal })
  if (!pod) throw noPod(job)
  for (const container of chosen(pod, only)) {
    if (!hasStarted(container)) {
      if (only === undefined) continue
      throw new CliError(`Container ${only} has not started: ${container.state.waiting?.reason ?? 'Pending'}`, {
        exit: 1,
      })
    }
    try {
      const args = [...logArgs(job, pod, container.name), ...limits(selection)]
      for await (const line of logLines(kubectl, args, { signal, silence: callLimit })) yield { container: container.name, ...line }
      signal?.throwIfAborted()
    } catch (fault) {
      // A log can be gone (its node, its file) while the others are there.
      if (!notice || only !== undefined || !isFault(fault, 'failed', 'not found')) throw fault
      notice(`${container.name}: no logs: ${fault.message}`)
    }
  }
}

/** The call that reads a container's log. */
export function logArgs(job: JobInCluster, pod: Pod, container: string): string[] {
  return ['logs', '-n', job.kubernetes_namespace, `pod/${pod.metadata.name}`, '-c', container, '--timestamps']
}

/** What limits a log to what was asked for. */
export function limits({ since, tail }: LogSelection): string[] {
  return [...(since === undefined ? [] : [`--since=${since}s`]), ...(tail === undefined ? [] : [`--tail=${tail}`])]
}

/**
 * The containers that are asked for, in their order.
 * @throws CliError when there is none of that name
 */
export function chosen(pod: Pod, only: string | undefined): Container[] {
  const all = containersInOrder(pod)
  if (only === undefined) return all
  const one = all.find(({ name }) => name === only)
  if (one) return [one]
  throw new CliError(`There is no container ${only} in pod ${pod.metadata.name}`, {
    exit: 1,
    more: [`It has ${all.map(({ name }) => name).join(', ')}.`],
  })
}

/** What is said of a job that has no pod. */
export function noPod(job: JobInCluster): KubectlError {
  return new KubectlError('not found', `there is no pod with job-name=${job.kubernetes_job} in namespace ${job.kubernetes_namespace}`)
}

/** Whether an error is a fault of one of these kinds. */
export function isFault(fault: unknown, ...kinds: KubectlError['kind'][]): fault is KubectlError {
  return fault instanceof KubectlError && kinds.includes(fault.kind)
}
