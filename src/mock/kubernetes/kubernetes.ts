import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../job-clock.ts'
import type { Job } from '../records.ts'
import { json, notFound, refused } from './answers.ts'
import { batchJobOf } from './batch-job.ts'
import { discovery } from './discovery.ts'
import { eventsOf } from './events.ts'
import { createEntrance, type Entries } from './entrance.ts'
import { createHistories, type JobsView } from './history.ts'
import { claimOf, configMapOf, hasVolumes, serviceOf } from './job-objects.ts'
import { logOf } from './log-text.ts'
import { logStream, parseLogQuery } from './log-stream.ts'
import { nodesAt } from './nodes.ts'
import { uidOf } from './metadata.ts'
import { podOf } from './pod.ts'
import { runsOf, type Run } from './runs.ts'
import { adminClient, signingKeysOf } from './secrets.ts'
import { fieldOf, parseSelector } from './selector.ts'
import { tableOf, type Served } from './table.ts'

export type { JobsView } from './history.ts'
export { kubeconfig } from './kubeconfig.ts'

/** As much of a Kubernetes API server as `kubectl` needs to get and describe pods, jobs, events, and to read logs. */
export interface Kubernetes {
  /** Answers a request; the body of a log that is followed goes on until its container ends. */
  handle(request: Request): Promise<Response>
  /** Serves `exec` and `port-forward` on a connection that a client wants to be a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  close(): void
}

/** What is asked for: `/api/v1/namespaces/ims/pods/NAME/log`. */
const path =
  /^\/(api\/v1|apis\/batch\/v1)(?:\/namespaces\/([^/]+))?\/(pods|events|jobs|services|configmaps|persistentvolumeclaims|secrets|nodes)(?:\/([^/]+)(?:\/([^/]+))?)?$/

/** Asked for when something isn't found, to tell that from a namespace that isn't there. */
const namespacePath = /^\/api\/v1\/namespaces(?:\/([^/]+))?$/

/** Asked by `kubectl auth can-i`; whoever gets this far may do all that there is. */
const accessReviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
const allowed = { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec: {}, status: { allowed: true } }

const kinds = {
  pods: 'Pod',
  events: 'Event',
  jobs: 'Job',
  services: 'Service',
  configmaps: 'ConfigMap',
  persistentvolumeclaims: 'PersistentVolumeClaim',
  secrets: 'Secret',
  nodes: 'Node',
} as const

/**
 * A Kubernetes that runs the pods of a mock's jobs.
 *
 * @param speed how many times faster than real jobs run
 * @param entries what `exec` enters; without it pods can't be entered
 * @param token the password of every client at the token endpoint; without it there is no secret of a client
 */
export function createKubernetes({
  jobs,
  clock,
  speed = 1,
  token,
  entries,
}: {
  jobs: JobsView
  clock: Clock
  speed?: number
  token?: string
  entries?: Entries
}): Kubernetes {
  const now = () => clock.now()
  const histories = createHistories(jobs, now)
  const closed = new AbortController()

  const moment = () => ({ now: now(), speed })
  const podsOf = (job: Job) => [podOf(job, histories.of(job), moment())]
  const ofJobs = (objectsOf: (job: Job) => Served[]) => () => [...jobs.all()].flatMap(objectsOf)
  const objects: Readonly<Record<keyof typeof kinds, () => Served[]>> = {
    pods: ofJobs(podsOf),
    events: ofJobs((job) => eventsOf(job, histories.of(job), moment())),
    jobs: ofJobs((job) => [batchJobOf(job, histories.of(job), moment())]),
    services: ofJobs((job) => (hasVolumes(job) ? [serviceOf(job)] : [])),
    persistentvolumeclaims: ofJobs((job) => (hasVolumes(job) && job.kubernetes_pvc ? [claimOf(job)] : [])),
    configmaps: ofJobs((job) => [configMapOf(job, jobs.given?.(job) ?? {})]),
    secrets: () => [
      ...(token === undefined ? [] : [adminClient(token, now())]),
      ...[...jobs.all()].flatMap((job) => (job.kubernetes_secret ? [signingKeysOf(job)] : [])),
    ],
    nodes: () => nodesAt(now()),
  }

  function found(resource: keyof typeof kinds, namespace: string | undefined, name: string | undefined, query: URLSearchParams): Served[] {
    const labels = parseSelector(query.get('labelSelector') ?? '')
    const fields = parseSelector(query.get('fieldSelector') ?? '')
    return objects[resource]()
      .filter((object) => namespace === undefined || ('namespace' in object.metadata && object.metadata.namespace === namespace))
      .filter((object) => name === undefined || object.metadata.name === name)
      .filter((object) => labels((key) => ('labels' in object.metadata ? object.metadata.labels : undefined)?.[key as never]))
      .filter((object) => fields((key) => fieldOf(object, key)))
  }

  function list(resource: keyof typeof kinds, items: Served[], asTable: boolean): Response {
    const kind = kinds[resource]
    if (asTable) return json(200, tableOf(kind, items, now()))
    const apiVersion = resource === 'jobs' ? 'batch/v1' : 'v1'
    return json(200, { kind: `${kind}List`, apiVersion, metadata: { resourceVersion: '1' }, items })
  }

  function namespaces(name: string | undefined): Response {
    const names = new Set(['default', 'ims', ...Array.from(jobs.all(), (job) => job.kubernetes_namespace)])
    const served = (name: string) => ({
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: { name, uid: uidOf(name) },
      status: { phase: 'Active' },
    })
    if (name === undefined) return json(200, { kind: 'NamespaceList', apiVersion: 'v1', metadata: {}, items: [...names].map(served) })
    return names.has(name) ? json(200, served(name)) : notFound('namespaces', name)
  }

  function log(namespace: string | undefined, name: string, query: URLSearchParams): Response {
    const job = jobOf(namespace, name)
    if (!job) return notFound('pods', name)
    const runs = () => runsOf(job, histories.of(job), now(), speed)
    const names = runs().map((run) => run.name)
    const container = query.get('container')
    if (container === null)
      return refused(400, 'BadRequest', `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`)
    if (!names.includes(container)) return refused(400, 'BadRequest', `container ${container} is not valid for pod ${name}`)
    const run = (): Run => runs().find((one) => one.name === container)!
    const same = () => [...jobs.all()].includes(job) && podsOf(job)[0]!.metadata.name === name
    if (run().start === undefined || !podsOf(job).some((pod) => fieldOf(pod, 'spec.nodeName'))) {
      return refused(400, 'BadRequest', `container "${container}" in pod "${name}" is waiting to start: PodInitializing`)
    }
    if (query.get('previous') === 'true')
      return refused(400, 'BadRequest', `previous terminated container "${container}" in pod "${name}" not found`)
    const stream = logStream(
      {
        lines: () => (closed.signal.aborted || !same() ? undefined : logOf(run(), job, histories.of(job), speed)),
        ended: () => run().end !== undefined,
        now,
        until: (time, signal) => until(Math.min(time, run().due ?? Infinity), signal),
      },
      parseLogQuery(query, now()),
    )
    return new Response(stream, { headers: { 'Content-Type': 'text/plain' } })
  }

  const jobOf = (namespace: string | undefined, name: string | undefined) =>
    [...jobs.all()].find((one) => one.kubernetes_namespace === namespace && podsOf(one)[0]!.metadata.name === name)

  async function until(time: number, signal: AbortSignal): Promise<void> {
    const awake = new AbortController()
    const woken = AbortSignal.any([signal, closed.signal, awake.signal])
    const endWatch = jobs.watch(() => awake.abort())
    const length = time === Infinity ? 3_600_000 : Math.max(time - now(), 0) + 1
    await clock.sleep(length, woken).catch(() => {})
    endWatch()
    signal.throwIfAborted()
  }

  const entrance = createEntrance({
    jobOf,
    runsOf: (job) => runsOf(job, histories.of(job), now(), speed),
    phaseOf: (job) => podsOf(job)[0]!.status.phase ?? 'Unknown',
    entries,
  })

  return {
    async upgrade(request, socket, head) {
      const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://kubernetes')
      const [, , namespace, resource, name, part] = path.exec(pathname) ?? []
      jobs.advance()
      return entrance.upgrade({ namespace, name, part: resource === 'pods' ? part : undefined, query }, request, socket, head)
    },
    async handle(request) {
      const { pathname, searchParams: query } = new URL(request.url)
      const described = discovery[pathname]
      if (described) return json(200, described)
      if (pathname === accessReviews && request.method === 'POST') return json(201, allowed)
      const asked = namespacePath.exec(pathname)
      if (asked) return namespaces(asked[1])
      const [, , namespace, resource, name, part] = path.exec(pathname) ?? []
      if (resource === undefined) return refused(404, 'NotFound', 'the server could not find the requested resource')
      jobs.advance()
      if (resource === 'pods' && (part === 'exec' || part === 'portforward')) {
        return (
          entrance.refusal({ namespace, name, part, query }) ??
          refused(400, 'BadRequest', `the mock has ${part} by WebSocket only: kubectl from 1.31 on`)
        )
      }
      if (request.method !== 'GET' || query.get('watch') === 'true' || (part !== undefined && part !== 'log')) {
        return refused(405, 'MethodNotAllowed', 'the mock only has what get, describe, logs, exec and port-forward ask for')
      }
      const plural = resource as keyof typeof kinds
      if (part === 'log') return log(namespace, name!, query)
      const items = found(plural, namespace, name, query)
      const asTable = /;as=Table/.test(request.headers.get('accept') ?? '')
      if (name === undefined) return list(plural, items, asTable)
      if (items.length === 0) return notFound(plural === 'jobs' ? 'jobs.batch' : plural, name)
      return asTable ? list(plural, items, true) : json(200, items[0]!)
    },
    close() {
      closed.abort()
      histories.close()
    },
  }
}
