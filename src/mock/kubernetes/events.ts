import { timeOf, type Job } from '../records.ts'
import type { History } from './history.ts'
import { timestamp, uidOf } from './metadata.ts'
import { noRoom, podCreated, podOf, type Moment } from './pod.ts'
import { hangs, runsOf } from './runs.ts'

/** The events of a job's pod and of its Kubernetes job, oldest first. Here they don't expire. */
export function eventsOf(job: Job, history: History, moment: Moment) {
  const pod = podOf(job, history, moment)
  const created = podCreated(job, history)
  const { namespace, name, uid } = pod.metadata
  const about = { kind: 'Pod', apiVersion: 'v1', namespace, name, uid }
  const jobAbout = {
    kind: 'Job',
    apiVersion: 'batch/v1',
    namespace,
    name: job.kubernetes_job,
    uid: uidOf(job.kubernetes_job),
  }
  const kubelet = { component: 'kubelet', host: pod.spec.nodeName }

  const event = (
    involvedObject: typeof about,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    at: number,
    source: object,
    more: object = {},
  ) => ({
    kind: 'Event' as const,
    apiVersion: 'v1' as const,
    metadata: {
      name: `${involvedObject.name}.${uidOf(`${reason}${message}${at}`).slice(0, 16)}`,
      namespace,
      uid: uidOf(`event ${involvedObject.name}${reason}${message}${at}`),
      creationTimestamp: timestamp(at),
    },
    involvedObject: { ...involvedObject, ...more },
    type,
    reason,
    message,
    source,
    count: 1,
    firstTimestamp: timestamp(at),
    lastTimestamp: timestamp(at),
  })

  const first = event(jobAbout, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`, timeOf(job.created), {
    component: 'job-controller',
  })
  const scheduler = { component: 'default-scheduler' }
  if (hangs(job)) return [first, event(about, 'Warning', 'FailedScheduling', noRoom, created, scheduler)]
  const started = runsOf(job, history, moment.now, moment.speed).flatMap((run) => {
    if (run.start === undefined) return []
    const fieldPath = { fieldPath: `spec.${run.init ? 'initContainers' : 'containers'}{${run.name}}` }
    const own = (reason: string, message: string) => event(about, 'Normal', reason, message, run.start!, kubelet, fieldPath)
    return [
      own('Pulled', 'Container image already present on machine'),
      own('Created', `Created container ${run.name}`),
      own('Started', `Started container ${run.name}`),
    ]
  })
  const scheduled = `Successfully assigned ${namespace}/${name} to ${pod.spec.nodeName}`
  return [first, event(about, 'Normal', 'Scheduled', scheduled, created, scheduler), ...started]
}

export type ServedEvent = ReturnType<typeof eventsOf>[number]
