import type { CallLimits, Kubectl } from './kubectl.ts'
import { KubectlError } from './kubectl-error.ts'
import { readEvent, readPod } from './pod-record.ts'
import { eventTime, type JobInCluster, type Pod, type PodEvent } from './pod.ts'

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
    const selector =
      names.length === 1 ? `job-name=${names[0]}` : names.length > mostNames ? 'job-name' : `job-name in (${names.join(',')})`
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

const readPods = async (kubectl: Kubectl, args: readonly string[], limits?: CallLimits) =>
  (await items(kubectl, args, limits)).flatMap((item) => readPod(item) ?? [])

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
export async function findEvents(kubectl: Kubectl, job: JobInCluster, pod: Pod | undefined, limits?: CallLimits): Promise<PodEvent[]> {
  const [kind, name] = pod ? ['Pod', pod.metadata.name] : ['Job', job.kubernetes_job]
  const selector = `involvedObject.kind=${kind},involvedObject.name=${name}`
  const args = ['get', 'events', '-n', job.kubernetes_namespace, '--field-selector', selector, '-o', 'json']
  const events = (await items(kubectl, args, limits)).flatMap((item) => readEvent(item) ?? [])
  return events.sort((one, other) => eventTime(one) - eventTime(other))
}

async function items(kubectl: Kubectl, args: readonly string[], limits: CallLimits | undefined): Promise<unknown[]> {
  const printed = parsed(await kubectl.read(args, limits))
  const { items } = (printed ?? {}) as { items?: unknown }
  if (!Array.isArray(items)) throw new KubectlError('failed', 'kubectl did not print a list')
  return items as unknown[]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new KubectlError('failed', 'kubectl did not print JSON', cause)
  }
}
