import { failedContainer, type FailedJob } from './failed-container.ts'
import type { CallLimits, Kubectl } from './kubectl.ts'
import { containersInOrder, type JobInCluster, type Pod } from './pod.ts'

/** What the container that failed wrote. */
export interface FailedLog {
  readonly container: string
  /** Its last lines. */
  readonly lines: readonly string[]
  /** Those with ERROR, also from before the last lines. */
  readonly errors: readonly string[]
}

/** How far back errors are looked for, in lines. */
const searched = 5000

/** The lines that say what went wrong. */
export function errorLines(lines: readonly string[]): string[] {
  return lines.filter((line) => /\bERROR\b/.test(line))
}

/**
 * The end of the log of the container that made a job fail.
 *
 * @param count how many last lines
 * @throws KubectlFault
 */
export async function tailOfFailed(
  kubectl: Kubectl,
  job: JobInCluster & FailedJob,
  pod: Pod,
  count = 200,
  limits?: CallLimits,
): Promise<FailedLog> {
  async function read(container: string): Promise<FailedLog> {
    const args = ['logs', '-n', job.kubernetes_namespace, `pod/${pod.metadata.name}`, '-c', container]
    const text = await kubectl.read([...args, `--tail=${Math.max(count, searched)}`], limits)
    const lines = text.replace(/\n$/, '').split('\n')
    return { container, lines: text ? lines.slice(-count) : [], errors: errorLines(lines) }
  }

  const log = await read(failedContainer(pod, job))
  if (log.errors.length > 0 || log.container !== 'build-image' || !couldBePackaging(pod, job)) return log
  const packaging = await read('buildenv-sidecar')
  return packaging.errors.length > 0 ? packaging : log
}

// The record of a job that has ended doesn't tell a failed build from packaging that failed: both leave a build-image
// that ended with 0. Its log does.
function couldBePackaging(pod: Pod, job: FailedJob): boolean {
  if (job.status !== 'error' || job.previousStatus !== undefined) return false
  const containers = containersInOrder(pod)
  const code = (name: string) => containers.find((one) => one.name === name)?.state.terminated?.exitCode
  return code('build-image') === 0 && Boolean(code('buildenv-sidecar'))
}
