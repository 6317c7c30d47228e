import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodEvent, TerminatedState } from './pod.ts'

// What a cluster, a proxy or a wrapper of kubectl prints is not what it should be now and then. Each value is taken if it
// has the type that it should have, and is left out otherwise, so that nobody behind has to look again.

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {})
const isFields = (value: unknown): boolean => fieldsOf(value) === value
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** A name that Kubernetes gives; it goes into command lines. */
const name = (value: unknown): string | undefined => (typeof value === 'string' && /^[a-z0-9][a-z0-9.-]*$/.test(value) ? value : undefined)

/** A pod as kubectl printed it; undefined where it has no name. */
export function readPod(value: unknown): Pod | undefined {
  const { metadata, spec, status } = fieldsOf(value)
  const { name: own, namespace, uid, labels, creationTimestamp, deletionTimestamp } = fieldsOf(metadata)
  const podName = name(own)
  if (podName === undefined) return undefined
  const { nodeName, initContainers, containers } = fieldsOf(spec)
  const { phase, reason, message, startTime, conditions, initContainerStatuses, containerStatuses } = fieldsOf(status)
  return {
    metadata: {
      name: podName,
      namespace: text(namespace),
      uid: text(uid),
      labels: labelsOf(labels),
      creationTimestamp: text(creationTimestamp),
      deletionTimestamp: text(deletionTimestamp),
    },
    spec: {
      nodeName: text(nodeName),
      initContainers: list(initContainers).flatMap(containerOf),
      containers: list(containers).flatMap(containerOf),
    },
    status: {
      phase: text(phase),
      reason: text(reason),
      message: text(message),
      startTime: text(startTime),
      conditions: list(conditions).flatMap(conditionOf),
      initContainerStatuses: list(initContainerStatuses).flatMap(statusOf),
      containerStatuses: list(containerStatuses).flatMap(statusOf),
    },
  }
}

const labelsOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fieldsOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))

/** An event as kubectl printed it; undefined where it is none. */
export function readEvent(value: unknown): PodEvent | undefined {
  if (!isFields(value)) return undefined
  const { type, reason, message, lastTimestamp, eventTime, firstTimestamp } = fieldsOf(value)
  return {
    type: text(type),
    reason: text(reason),
    message: text(message),
    lastTimestamp: text(lastTimestamp),
    eventTime: text(eventTime),
    firstTimestamp: text(firstTimestamp),
  }
}

function containerOf(value: unknown): Pick<Container, 'name'>[] {
  const own = name(fieldsOf(value).name)
  return own === undefined ? [] : [{ name: own }]
}

function conditionOf(value: unknown): PodCondition[] {
  const { type, status, reason, message, lastTransitionTime } = fieldsOf(value)
  if (typeof type !== 'string' || typeof status !== 'string') return []
  return [{ type, status, reason: text(reason), message: text(message), lastTransitionTime: text(lastTransitionTime) }]
}

function statusOf(value: unknown): ContainerStatus[] {
  const { state, lastState, restartCount } = fieldsOf(value)
  return containerOf(value).map((own) => ({
    ...own,
    state: stateOf(state),
    lastState: stateOf(lastState),
    restartCount: number(restartCount),
  }))
}

function stateOf(value: unknown): ContainerState {
  const { waiting, running, terminated } = fieldsOf(value)
  if (isFields(terminated)) return terminatedOf(fieldsOf(terminated))
  if (isFields(running)) return { running: { startedAt: text(fieldsOf(running).startedAt) } }
  if (isFields(waiting)) return { waiting: { reason: text(fieldsOf(waiting).reason), message: text(fieldsOf(waiting).message) } }
  return {}
}

/** Whether something went wrong is in its exit code alone: without one nothing is known. */
function terminatedOf({ exitCode, signal, reason, message, startedAt, finishedAt }: Fields): { terminated?: TerminatedState } {
  if (typeof exitCode !== 'number') return {}
  return {
    terminated: {
      exitCode,
      signal: number(signal),
      reason: text(reason),
      message: text(message),
      startedAt: text(startedAt),
      finishedAt: text(finishedAt),
    },
  }
}
