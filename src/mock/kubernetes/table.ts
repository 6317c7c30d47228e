import { containersInOrder } from '../../kubernetes/pod.ts'
import type { BatchJob } from './batch-job.ts'
import type { ServedEvent } from './events.ts'
import type { claimOf, configMapOf, serviceOf } from './job-objects.ts'
import type { nodesAt } from './nodes.ts'
import type { adminClient } from './secrets.ts'
import type { ServedPod } from './pod.ts'

type ServedService = ReturnType<typeof serviceOf>
type ServedClaim = ReturnType<typeof claimOf>
type ServedConfigMap = ReturnType<typeof configMapOf>
type ServedNode = ReturnType<typeof nodesAt>[number]
type ServedSecret = ReturnType<typeof adminClient>

/** An object that the mock's Kubernetes has. */
export type Served = ServedPod | BatchJob | ServedEvent | ServedService | ServedClaim | ServedConfigMap | ServedNode | ServedSecret

/** A column of what `kubectl get` shows: its heading, 1 where only `-o wide` shows it, and its cell. */
type Column<T> = readonly [name: string, priority: 0 | 1, cell: (object: T, now: number) => string | number]

const podColumns: readonly Column<ServedPod>[] = [
  ['Name', 0, ({ metadata }) => metadata.name],
  ['Ready', 0, readyText],
  ['Status', 0, statusText],
  ['Restarts', 0, () => 0],
  ['Age', 0, age],
  ['IP', 1, ({ status }) => (status as { podIP?: string }).podIP ?? '<none>'],
  ['Node', 1, ({ spec }) => spec.nodeName ?? '<none>'],
  ['Nominated Node', 1, () => '<none>'],
  ['Readiness Gates', 1, () => '<none>'],
]

const jobColumns: readonly Column<BatchJob>[] = [
  ['Name', 0, ({ metadata }) => metadata.name],
  ['Completions', 0, ({ status }) => `${status.succeeded ?? 0}/1`],
  [
    'Duration',
    0,
    ({ status }, now) => span((status.completionTime ? Date.parse(status.completionTime) : now) - Date.parse(status.startTime)),
  ],
  ['Age', 0, age],
]

const eventColumns: readonly Column<ServedEvent>[] = [
  ['Last Seen', 0, ({ lastTimestamp }, now) => span(now - Date.parse(lastTimestamp))],
  ['Type', 0, ({ type }) => type],
  ['Reason', 0, ({ reason }) => reason],
  ['Object', 0, ({ involvedObject }) => `${involvedObject.kind.toLowerCase()}/${involvedObject.name}`],
  ['Message', 0, ({ message }) => message],
]

const serviceColumns: readonly Column<ServedService>[] = [
  ['Name', 0, ({ metadata }) => metadata.name],
  ['Type', 0, ({ spec }) => spec.type],
  ['Cluster-IP', 0, ({ spec }) => spec.clusterIP],
  ['External-IP', 0, ({ status }) => status.loadBalancer.ingress[0]!.ip],
  ['Port(s)', 0, ({ spec }) => spec.ports.map(({ port, nodePort, protocol }) => `${port}:${nodePort}/${protocol}`).join(',')],
  ['Age', 0, age],
  ['Selector', 1, ({ spec }) => `app=${spec.selector.app}`],
]

const claimColumns: readonly Column<ServedClaim>[] = [
  ['Name', 0, ({ metadata }) => metadata.name],
  ['Status', 0, ({ status }) => status.phase],
  ['Volume', 0, ({ spec }) => spec.volumeName],
  ['Capacity', 0, ({ status }) => status.capacity.storage],
  ['Access Modes', 0, () => 'RWO'],
  ['StorageClass', 0, ({ spec }) => spec.storageClassName],
  ['VolumeAttributesClass', 0, () => '<unset>'],
  ['Age', 0, age],
  ['VolumeMode', 1, ({ spec }) => spec.volumeMode],
]

const configMapColumns: readonly Column<ServedConfigMap>[] = [
  ['Name', 0, ({ metadata }) => metadata.name],
  ['Data', 0, ({ data }) => Object.keys(data).length],
  ['Age', 0, age],
]

const secretColumns: readonly Column<ServedSecret>[] = [
  ['Name', 0, ({ metadata }) => metadata.name],
  ['Type', 0, ({ type }) => type],
  ['Data', 0, ({ data }) => Object.keys(data).length],
  ['Age', 0, age],
]

const nodeColumns: readonly Column<ServedNode>[] = [
  ['Name', 0, ({ metadata }) => metadata.name],
  ['Status', 0, () => 'Ready'],
  ['Roles', 0, ({ metadata }) => ('node-role.kubernetes.io/control-plane' in metadata.labels ? 'control-plane' : '<none>')],
  ['Age', 0, age],
  ['Version', 0, ({ status }) => status.nodeInfo.kubeletVersion],
  ['Internal-IP', 1, ({ status }) => status.addresses[0]!.address],
  ['External-IP', 1, () => '<none>'],
  ['OS-Image', 1, ({ status }) => status.nodeInfo.osImage],
  ['Kernel-Version', 1, ({ status }) => status.nodeInfo.kernelVersion],
  ['Container-Runtime', 1, ({ status }) => status.nodeInfo.containerRuntimeVersion],
]

const columns = {
  Pod: podColumns,
  Job: jobColumns,
  Event: eventColumns,
  Service: serviceColumns,
  PersistentVolumeClaim: claimColumns,
  ConfigMap: configMapColumns,
  Secret: secretColumns,
  Node: nodeColumns,
}

/** What `kubectl get` prints for people: the server makes the cells. */
export function tableOf(kind: keyof typeof columns, objects: readonly Served[], now: number): object {
  const own = columns[kind] as readonly Column<Served>[]
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: '1' },
    columnDefinitions: own.map(([name, priority]) => ({
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority,
    })),
    rows: objects.map((object) => ({
      cells: own.map(([, , cell]) => cell(object, now)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  }
}

function age({ metadata }: { metadata: { creationTimestamp?: string } }, now: number): string {
  return span(now - Date.parse(metadata.creationTimestamp ?? ''))
}

function readyText({ status, spec }: ServedPod): string {
  const ready = (status.containerStatuses ?? []).filter(({ state }) => state?.running).length
  return `${ready}/${spec.containers.length}`
}

// Source: the printer of pods in Kubernetes.
function statusText(pod: ServedPod): string {
  const all = containersInOrder(pod)
  const inits = all.filter(({ init }) => init)
  const done = inits.filter(({ state }) => state.terminated?.exitCode === 0).length
  const failed = inits.find(({ state }) => state.terminated?.exitCode)
  if (failed) return `Init:${failed.state.terminated!.reason}`
  if (pod.status.phase === 'Pending') return pod.spec.nodeName && done < inits.length ? `Init:${done}/${inits.length}` : 'Pending'
  const mains = all.filter(({ init }) => !init)
  const running = mains.filter(({ state }) => state.running).length
  if (running === mains.length) return 'Running'
  if (running > 0) return 'NotReady'
  return mains.find(({ state }) => state.terminated)?.state.terminated!.reason ?? 'Pending'
}

/** A span as Kubernetes writes it: `14m`, `3h12m`, `2d`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(Math.floor(milliseconds / 1000), 0)
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)]
  const two = (one: number, unit: string, rest: number, smaller: string) => (rest > 0 ? `${one}${unit}${rest}${smaller}` : `${one}${unit}`)
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  return days < 8 ? two(days, 'd', hours % 24, 'h') : `${days}d`
}
