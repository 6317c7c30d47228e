import { excerpt } from '../text/printable.ts'
import { containersInOrder, eventTime, hasEnded, hasStarted, wasKilled, type Container, type Pod, type PodEvent } from './pod.ts'

/** Why a pod doesn't do what it should. */
export interface Diagnosis {
  /** Kubernetes' word for it: `Unschedulable`, `ImagePullBackOff`, `OOMKilled`, `Evicted`, `Init:Error`, … */
  readonly reason: string
  /** The container that it is about, where it is about one. */
  readonly container: string | undefined
  /** Kubernetes' own words; empty where it has none. */
  readonly message: string
  /** Whether nothing can come of the pod any more. What isn't final may pass: a node gets room, a registry answers. */
  readonly final: boolean
}

/** What is shown of a diagnosis, in characters: a container's last message may be 4 KiB. */
const shown = 1000

/** A diagnosis as one line that a terminal can show: `build-image: OOMKilled, exit code 137`. */
export function diagnosisText({ reason, container, message }: Diagnosis): string {
  const what = container === undefined ? reason : `${container}: ${reason}`
  return excerpt(message ? `${what}: ${message}` : what, shown)
}

/**
 * Why a pod can't run, or why it ended badly; undefined when nothing is wrong with it. A job that ends in error
 * leaves a failed pod, too: ask the job first.
 *
 * @param pod undefined when the job has none (yet)
 * @param events of the pod, or of the Kubernetes job while there is no pod; oldest first
 */
export function diagnose(pod: Pod | undefined, events: readonly PodEvent[] = []): Diagnosis | undefined {
  if (!pod) return withoutPod(events)
  const containers = containersInOrder(pod)
  return (
    evicted(pod) ??
    killed(pod, containers) ??
    failed(pod, containers) ??
    stuck(containers, events) ??
    unscheduled(pod, events) ??
    unready(pod, events)
  )
}

/** Why a pod, or a container of it, was killed: also of one whose exit code says that all went well. */
export function killedBy(pod: Pod | undefined): Diagnosis | undefined {
  return pod && (evicted(pod) ?? killed(pod, containersInOrder(pod)))
}

/** What to do about a diagnosis; undefined where there is nothing to be said. */
export function remedyFor({ reason }: Diagnosis): string | undefined {
  return reason === 'OOMKilled' ? 'It needs more memory: --job-mem-size GIB' : undefined
}

function withoutPod(events: readonly PodEvent[]): Diagnosis | undefined {
  const refused = lastOf(events, 'FailedCreate', ['SuccessfulCreate'])
  return refused && { reason: 'FailedCreate', container: undefined, message: refused.message ?? '', final: false }
}

// Evicted, Preempting, NodeLost, Shutdown, DeadlineExceeded: what Kubernetes does to a pod as a whole.
function evicted({ status }: Pod): Diagnosis | undefined {
  if (!status.reason) return undefined
  return {
    reason: status.reason,
    container: undefined,
    message: oneLine(status.message),
    final: status.phase === 'Failed',
  }
}

function killed(pod: Pod, containers: readonly Container[]): Diagnosis | undefined {
  const container = containers.find(wasKilled)
  if (!container) return undefined
  const { reason, exitCode, message } = container.state.terminated!
  return {
    reason: reason && reason !== 'Error' ? reason : 'Killed',
    container: container.name,
    message: oneLine(message) || `exit code ${exitCode}`,
    // An init container whose script outlives the kill of its worker ends with 0, and the pod goes on.
    final: hasEnded(pod) || !container.init || exitCode !== 0,
  }
}

function failed(pod: Pod, containers: readonly Container[]): Diagnosis | undefined {
  const container = containers.find(({ state }) => state.terminated && state.terminated.exitCode !== 0)
  if (container) {
    const { reason = 'Error', exitCode, message } = container.state.terminated!
    return {
      reason: container.init ? `Init:${reason}` : reason,
      container: container.name,
      message: oneLine(message) || `exit code ${exitCode}`,
      // sshd of a remote job ends before the sidecar does, which then sets the job's status.
      final: hasEnded(pod) || container.init || container.name !== 'sshd',
    }
  }
  if (pod.status.phase !== 'Failed') return undefined
  return { reason: 'Failed', container: undefined, message: oneLine(pod.status.message), final: true }
}

/** What a container waits for when all is well. */
const usual: ReadonlySet<string> = new Set(['PodInitializing', 'ContainerCreating'])

/** Waits that nothing but a new pod ends. */
const hopeless: ReadonlySet<string> = new Set(['InvalidImageName', 'ErrImageNeverPull'])

function stuck(containers: readonly Container[], events: readonly PodEvent[]): Diagnosis | undefined {
  const container = containers.find(({ state }) => state.waiting?.reason && !usual.has(state.waiting.reason))
  if (!container) return undefined
  const { reason = '', message } = container.state.waiting!
  return {
    reason,
    container: container.name,
    // The event of the first try has the registry's words; the state of later ones has only the back-off.
    message: pullWords(reason, events) ?? oneLine(message),
    final: hopeless.has(reason),
  }
}

function pullWords(reason: string, events: readonly PodEvent[]): string | undefined {
  if (reason !== 'ImagePullBackOff') return undefined
  const pull = events.findLast(({ reason, message }) => reason === 'Failed' && message?.startsWith('Failed to pull image'))
  return pull && oneLine(pull.message)
}

function unscheduled({ spec, status }: Pod, events: readonly PodEvent[]): Diagnosis | undefined {
  const condition = status.conditions?.find(({ type }) => type === 'PodScheduled')
  if (spec.nodeName || condition?.status === 'True') return undefined
  const event = lastOf(events, 'FailedScheduling', ['Scheduled'])
  if (!event && condition?.reason !== 'Unschedulable') return undefined
  const message = oneLine(event?.message) || oneLine(condition?.message)
  return { reason: 'Unschedulable', container: undefined, message, final: false }
}

// A volume that can't be mounted, a network that can't be set up: only the events say so.
function unready(pod: Pod, events: readonly PodEvent[]): Diagnosis | undefined {
  if (pod.status.phase !== 'Pending' || containersInOrder(pod).some(hasStarted)) return undefined
  const isWarning = ({ type, reason }: PodEvent) =>
    type === 'Warning' && Boolean(reason?.startsWith('Failed')) && reason !== 'FailedScheduling'
  const warning = newestUnless(events, isWarning, started)
  return warning && { reason: warning.reason!, container: undefined, message: oneLine(warning.message), final: false }
}

/** What happens once volumes are mounted and the network is set up. */
const started = ['Pulling', 'Pulled', 'Created', 'Started']

function lastOf(events: readonly PodEvent[], reason: string, past: readonly string[]): PodEvent | undefined {
  return newestUnless(events, (event) => event.reason === reason, past)
}

/** The newest event of a kind, unless one that shows that it is past is as new. */
function newestUnless(events: readonly PodEvent[], isWanted: (event: PodEvent) => boolean, past: readonly string[]): PodEvent | undefined {
  const newest = (found: readonly PodEvent[]) => found.toSorted((one, other) => eventTime(one) - eventTime(other)).at(-1)
  const wanted = newest(events.filter(isWanted))
  const passed = newest(events.filter(({ reason }) => reason !== undefined && past.includes(reason)))
  return wanted && passed && eventTime(passed) >= eventTime(wanted) ? undefined : wanted
}

const oneLine = (text = ''): string => text.replace(/\s+/g, ' ').trim()
