import { createHash } from 'node:crypto'
import type { ContainerState, Pod, PodCondition } from '../../kubernetes/pod.ts'
import { timeOf, type Job } from '../records.ts'
import type { History } from './history.ts'
import { timestamp, uidOf } from './metadata.ts'
import { labelsOf } from './job-objects.ts'
import { hangs, runsOf, type Run } from './runs.ts'

/** A time in the mock's Kubernetes, and how fast it passes. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number
  /** How many times faster than real time passes. */
  readonly speed: number
}

/** A pod as the API server sends it. */
export interface ServedPod extends Pod {
  readonly kind: 'Pod'
  readonly apiVersion: 'v1'
  readonly metadata: Pod['metadata'] & {
    readonly uid: string
    readonly namespace: string
    readonly labels: Readonly<Record<string, string>>
  }
}

/** What the scheduler says of a pod that fits nowhere. */
export const noRoom =
  '0/7 nodes are available: 3 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 4 Insufficient memory.'

/** The name of a node that a pod runs on. */
const node = { name: 'ncn-w002', ip: '10.252.1.9' }

/** When the pod of a job was made: a job that hangs lost its first pod, and the next finds no node with room. */
export function podCreated(job: Job, history: History): number {
  return hangs(job) ? history.at(-1)!.at : timeOf(job.created)
}

/** The name of a job's pod; a job that hangs lost its first one. */
export function podName(job: Job, lost = false): string {
  return `${job.kubernetes_job}-${suffix(job.id, lost)}`
}

/** The pod of a job, as it is now. */
export function podOf(job: Job, history: History, { now, speed }: Moment): ServedPod {
  const lost = hangs(job)
  const runs = runsOf(job, history, now, speed)
  const created = podCreated(job, history)
  const name = podName(job, lost)
  const controller = uidOf(job.kubernetes_job)
  const labels = { ...labelsOf(job), 'batch.kubernetes.io/controller-uid': controller, 'controller-uid': controller }
  const pod = {
    kind: 'Pod' as const,
    apiVersion: 'v1' as const,
    metadata: {
      name,
      namespace: job.kubernetes_namespace,
      uid: uidOf(name),
      creationTimestamp: timestamp(created),
      resourceVersion: String(Math.floor(history.at(-1)!.at / 1000)),
      generateName: `${job.kubernetes_job}-`,
      labels,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: job.kubernetes_job, uid: controller, controller: true }],
    },
    spec: {
      ...(lost ? {} : { nodeName: node.name }),
      initContainers: runs.filter(({ init }) => init).map((run) => container(run, job)),
      containers: runs.filter(({ init }) => !init).map((run) => container(run, job)),
      restartPolicy: 'Never',
      serviceAccountName: 'ims-service-job',
      volumes: [],
      tolerations: [],
    },
    status: lost ? unscheduled(created) : status(runs, created),
  }
  return pod
}

function unscheduled(created: number) {
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: noRoom,
    lastTransitionTime: timestamp(created),
  }
  return { phase: 'Pending', conditions: [condition], qosClass: 'Burstable' }
}

function status(runs: readonly Run[], created: number) {
  const inits = runs.filter(({ init }) => init)
  const mains = runs.filter(({ init }) => !init)
  const initialized = inits.every(({ exitCode }) => exitCode === 0)
  const ready = initialized && mains.every(({ start, end }) => start !== undefined && end === undefined)
  const condition = (type: string, is: boolean, reason?: string): PodCondition => ({
    type,
    status: is ? 'True' : 'False',
    lastTransitionTime: timestamp(created),
    ...(!is && reason !== undefined && { reason }),
  })
  return {
    phase: phaseOf(inits, mains),
    conditions: [
      condition('Initialized', initialized, 'ContainersNotInitialized'),
      condition('Ready', ready, 'ContainersNotReady'),
      condition('ContainersReady', ready, 'ContainersNotReady'),
      condition('PodScheduled', true),
    ],
    startTime: timestamp(created),
    initContainerStatuses: inits.map(containerStatus),
    containerStatuses: mains.map(containerStatus),
    hostIP: node.ip,
    podIP: '10.42.0.17',
    podIPs: [{ ip: '10.42.0.17' }],
    qosClass: 'Burstable',
  }
}

function phaseOf(inits: readonly Run[], mains: readonly Run[]): string {
  if (inits.some(({ exitCode }) => exitCode)) return 'Failed'
  if (mains.some(({ start }) => start === undefined)) return 'Pending'
  if (mains.some(({ end }) => end === undefined)) return 'Running'
  return mains.some(({ exitCode }) => exitCode) ? 'Failed' : 'Succeeded'
}

const imageOf = (name: string): string => `registry.local/csm/cray-ims-${name}:3.33.0`

function containerStatus({ name, init, start, end, exitCode, killed }: Run) {
  const startedAt = start === undefined ? undefined : timestamp(start)
  const state: ContainerState =
    startedAt === undefined
      ? { waiting: { reason: 'PodInitializing' } }
      : end === undefined
        ? { running: { startedAt } }
        : {
            terminated: {
              exitCode: exitCode!,
              reason: killed ? 'OOMKilled' : exitCode ? 'Error' : 'Completed',
              startedAt,
              finishedAt: timestamp(end),
            },
          }
  return {
    name,
    state,
    lastState: {},
    restartCount: 0,
    // A finished init container is ready, as odd as that is.
    ready: Boolean(state.running) || (init && exitCode === 0),
    started: Boolean(state.running),
    image: imageOf(name),
    imageID: '',
    containerID: startedAt ? `containerd://${uidOf(name + startedAt)}` : '',
  }
}

function container({ name }: Run, job: Job) {
  const gibibytes = name === 'build-image' || name === 'sshd' ? job.job_mem_size : 1
  return {
    name,
    image: imageOf(name),
    imagePullPolicy: 'IfNotPresent',
    env: [{ name: 'IMS_JOB_ID', value: job.id }],
    resources: {
      requests: { cpu: '500m', memory: `${gibibytes}Gi` },
      limits: { cpu: '12', memory: `${gibibytes * 2}Gi` },
    },
  }
}

// Kubernetes' own alphabet for the ends of names.
function suffix(jobId: string, lost: boolean): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  return [...createHash('sha256').update(`${jobId} ${lost}`).digest().subarray(0, 5)]
    .map((byte) => alphabet[byte % alphabet.length])
    .join('')
}
