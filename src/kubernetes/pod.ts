import { KubectlError } from './kubectl-error.ts'
import type { CallLimits, Kubectl } from './kubectl.ts'
import { readEvent, readPod } from './pod-record.ts'

/** What of a job's record leads to its pod. */
export interface JobInCluster {
  readonly kubernetes_job: string
  readonly kubernetes_namespace: string
}

export interface RunningState {
  readonly startedAt?: string
}

export interface WaitingState {
  readonly reason?: string
  readonly message?: string
}

export interface TerminatedState {
  readonly exitCode: number
  readonly signal?: number
  /** Completed, Error, OOMKilled, … */
  readonly reason?: string
  readonly message?: string
  readonly startedAt?: string
  readonly finishedAt?: string
}

/** At most one of these is there. */
export interface ContainerState {
  readonly waiting?: WaitingState
  readonly running?: RunningState
  readonly terminated?: TerminatedState
}

export interface ContainerStatus {
  readonly name: string
  readonly state?: ContainerState
  readonly lastState?: ContainerState
  readonly restartCount?: number
}

export interface PodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

/** What we need of a pod. Source: the Kubernetes API, v1. */
export interface Pod {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly creationTimestamp?: string
    readonly deletionTimestamp?: string
  }
  readonly spec: {
    readonly nodeName?: string
    readonly initContainers?: readonly { readonly name: string }[]
    readonly containers: readonly { readonly name: string }[]
  }
  readonly status: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly startTime?: string
    readonly conditions?: readonly PodCondition[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

/** What we need of an event. */
export interface PodEvent {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly firstTimestamp?: string | null
}

/** A container of a pod, and how it is. */
export interface Container {
  readonly name: string
  /** Init containers run one after another, before all others. */
  readonly init: boolean
  readonly state: ContainerState
  /** How it was before it was started again. */
  readonly lastState: ContainerState
}

/** The containers in the order they run: init containers, then the others, which run side by side. */
export function containersInOrder({ spec, status }: Pod): Container[] {
  const described = (
    init: boolean,
    names: readonly { name: string }[] = [],
    statuses: readonly ContainerStatus[] = [],
  ) =>
    names.map(({ name }): Container => {
      const own = statuses.find((candidate) => candidate.name === name)
      return { name, init, state: own?.state ?? {}, lastState: own?.lastState ?? {} }
    })
  return [
    ...described(true, spec.initContainers, status.initContainerStatuses),
    ...described(false, spec.containers, status.containerStatuses),
  ]
}

/** Whether a container runs or did run, so that there are logs of it. */
export function hasStarted({ state, lastState }: Container): boolean {
  return Boolean(state.running || state.terminated || lastState.terminated)
}

/** Whether a container was killed, for its memory or by a signal; its exit code may be 0 all the same. */
export function wasKilled({ state: { terminated } }: Container): boolean {
  return Boolean(terminated && (terminated.reason === 'OOMKilled' || terminated.signal || terminated.exitCode === 137))
}

/** Whether nothing of a pod will run any more. */
export function hasEnded({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed'
}

/**
 * The pods of a job, the newest first; none when the job was deleted.
 * @throws KubectlError
 */
export async function findPods(kubectl: Kubectl, job: JobInCluster, limits?: CallLimits): Promise<Pod[]> {
  return newestFirst(await readPods(kubectl, podsArgs(job.kubernetes_namespace, `job-name=${job.kubernetes_job}`), limits))
}

/** How many jobs are asked for by name; of more, all pods of jobs are read. */
const mostNames = 200

/**
 * The pods of several jobs, by the names of their Kubernetes jobs, the newest first. Jobs of one namespace cost one call.
 * @throws KubectlError
 */
export async function findPodsOf(kubectl: Kubectl, jobs: readonly JobInCluster[], limits?: CallLimits): Promise<Map<string, Pod[]>> {
  const found = new Map<string, Pod[]>()
  for (const namespace of new Set(jobs.map((job) => job.kubernetes_namespace))) {
    const names = jobs.filter((job) => job.kubernetes_namespace === namespace).map((job) => job.kubernetes_job)
    const selector = names.length === 1 ? `job-name=${names[0]}` : names.length > mostNames ? 'job-name' : `job-name in (${names.join(',')})`
    const pods = await readPods(kubectl, podsArgs(namespace, selector), limits)
    const wanted = new Set(names)
    for (const pod of newestFirst(pods)) {
      const name = names.length === 1 ? names[0]! : pod.metadata.labels?.['job-name']
      if (name !== undefined && wanted.has(name)) found.set(name, [...(found.get(name) ?? []), pod])
    }
  }
  return found
}

const podsArgs = (namespace: string, selector: string) => ['get', 'pods', '-n', namespace, '-l', selector, '-o', 'json']

const readPods = async (kubectl: Kubectl, args: readonly string[], limits?: CallLimits) => (await items(kubectl, args, limits)).flatMap((item) => readPod(item) ?? [])

function newestFirst(pods: readonly Pod[]): Pod[] {
  const age = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? '') || 0
  return pods.toSorted((one, other) => age(other) - age(one))
}

/**
 * The pod of a job, of several the newest.
 * @throws KubectlError
 */
export async function findPod(kubectl: Kubectl, job: JobInCluster, limits?: CallLimits): Promise<Pod | undefined> {
  return (await findPods(kubectl, job, limits))[0]
}

/**
 * The events of a job's pod, or of the Kubernetes job itself while it has no pod; oldest first. They expire, after
 * an hour as a rule.
 * @throws KubectlError
 */
export async function findEvents(
  kubectl: Kubectl,
  job: JobInCluster,
  pod: Pod | undefined,
  limits?: CallLimits,
): Promise<PodEvent[]> {
  const [kind, name] = pod ? ['Pod', pod.metadata.name] : ['Job', job.kubernetes_job]
  const selector = `involvedObject.kind=${kind},involvedObject.name=${name}`
  const args = ['get', 'events', '-n', job.kubernetes_namespace, '--field-selector', selector, '-o', 'json']
  const events = (await items(kubectl, args, limits)).flatMap((item) => readEvent(item) ?? [])
  return events.sort((one, other) => eventTime(one) - eventTime(other))
}

/** Milliseconds since 1970 at which an event was last seen; 0 where it doesn't say. */
export function eventTime({ lastTimestamp, eventTime, firstTimestamp }: PodEvent): number {
  return Date.parse(lastTimestamp ?? eventTime ?? firstTimestamp ?? '') || 0
}

async function items(kubectl: Kubectl, args: readonly string[], limits: CallLimits | undefined): Promise<unknown[]> {
  const printed = parsed(await kubectl.read(args, limits))
  const { items } = (printed ?? {}) as { items?: unknown }
  if (!Array.isArray(items)) throw new KubectlError('failed', 'kubectl did not print a list')
  return items
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new KubectlError('failed', 'kubectl did not print JSON', cause)
  }
}
