import { timeOf, type Job } from '../records.ts'
import type { History } from './history.ts'
import { labelsOf } from './job-objects.ts'
import { timestamp, uidOf } from './metadata.ts'
import { podOf, type Moment } from './pod.ts'

/** The Kubernetes job of a job, as the API server sends it. */
export function batchJobOf(job: Job, history: History, moment: Moment) {
  const pod = podOf(job, history, moment)
  const { phase } = pod.status
  const created = timestamp(timeOf(job.created))
  const ended = timestamp(history.at(-1)!.at)
  const uid = uidOf(job.kubernetes_job)
  const labels = labelsOf(job)
  const condition = (type: string, more: object) => ({
    type,
    status: 'True',
    lastProbeTime: ended,
    lastTransitionTime: ended,
    ...more,
  })
  const outcome =
    phase === 'Succeeded'
      ? { succeeded: 1, completionTime: ended, conditions: [condition('Complete', {})] }
      : phase === 'Failed'
        ? {
            failed: 1,
            conditions: [
              condition('Failed', {
                reason: 'BackoffLimitExceeded',
                message: 'Job has reached the specified backoff limit',
              }),
            ],
          }
        : { active: 1 }
  const { nodeName: _, ...spec } = pod.spec
  return {
    kind: 'Job' as const,
    apiVersion: 'batch/v1' as const,
    metadata: {
      name: job.kubernetes_job,
      namespace: job.kubernetes_namespace,
      uid,
      creationTimestamp: created,
      labels,
    },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 0,
      selector: { matchLabels: { 'controller-uid': uid } },
      template: { metadata: { labels: pod.metadata.labels }, spec },
    },
    status: { startTime: created, ...outcome } as {
      startTime: string
      active?: number
      succeeded?: number
      failed?: number
      completionTime?: string
    },
  }
}

export type BatchJob = ReturnType<typeof batchJobOf>
