import { containersInOrder, wasKilled, type Container, type Pod } from './pod.ts'

/** What of a job decides which of its containers failed. */
export interface FailedJob {
  readonly job_type: string
  readonly status: string
  /** Its last status before it ended, where that was seen. */
  readonly previousStatus?: string
}

/**
 * The container of a pod that made its job fail: the first init container that ended with another code than 0 or was
 * killed; else, for a create job that waits on its user or ended after building_image, build-image, which can fail
 * and exit 0; else buildenv-sidecar. Source: the service's job templates.
 */
export function failedContainer(pod: Pod, job: FailedJob): string {
  const containers = containersInOrder(pod)
  const died = containers.find((container) => container.init && wentWrong(container))
  if (died) return died.name
  const afterBuild =
    job.job_type === 'create' &&
    (job.status === 'waiting_on_user' ||
      (job.status === 'error' && (job.previousStatus ?? 'building_image') === 'building_image'))
  return afterBuild ? 'build-image' : 'buildenv-sidecar'
}

/** Whether a container ended badly, the last time that it did end. */
export function wentWrong(container: Container): boolean {
  const { state, lastState } = container
  const end = state.terminated ?? lastState.terminated
  return wasKilled(container) || Boolean(end && (end.exitCode !== 0 || end.reason === 'OOMKilled'))
}
