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
  const described = (init: boolean, names: readonly { name: string }[] = [], statuses: readonly ContainerStatus[] = []) =>
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

/** Milliseconds since 1970 at which an event was last seen; 0 where it doesn't say. */
export function eventTime({ lastTimestamp, eventTime, firstTimestamp }: PodEvent): number {
  return Date.parse(lastTimestamp ?? eventTime ?? firstTimestamp ?? '') || 0
}
