import { stageOf, workIn } from '../ims/job-status.ts'
import { containersInOrder, wasKilled, type Container, type Pod } from './pod.ts'

/** What of a job decides which of its containers failed. */
export interface FailedJob {
  readonly job_type: string
  readonly status: string
  /** Its last status before it ended, where that was seen. */
  readonly previousStatus?: string
}

/**
 * The containers of a pod that may have made its job fail, the likeliest first: one that was killed, the first init container
 * that ended badly; else, for a create job, build-image, which can fail and exit 0, or buildenv-sidecar, which packages; else
 * the sidecar, then sshd. Source: the service's job templates.
 */
export function failedContainers(pod: Pod, job: FailedJob): string[] {
  const containers = containersInOrder(pod)
  const died = containers.find((container) => container.init && wentWrong(container)) ?? containers.find(wasKilled)
  if (died) return [died.name]
  const [sidecar, sshd] = ['buildenv-sidecar', 'sshd'] as const
  if (job.job_type !== 'create') return containers.some((one) => one.name === sshd && wentWrong(one)) ? [sidecar, sshd] : [sidecar]
  const building = workIn(job.status) === 'build' || stageOf(job) === 'waiting'
  return building ? ['build-image'] : [sidecar, 'build-image']
}

/** Whether a container ended badly, the last time that it did end. */
export function wentWrong(container: Container): boolean {
  const { state, lastState } = container
  const end = state.terminated ?? lastState.terminated
  return wasKilled(container) || Boolean(end && (end.exitCode !== 0 || end.reason === 'OOMKilled'))
}
