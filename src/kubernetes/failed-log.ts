import { workIn } from '../ims/job-status.ts'
import { failedContainers, type FailedJob } from './failed-container.ts'
import { failureLines, meaningfulLines, type FailureLines } from './failure-lines.ts'
import { KubectlError } from './kubectl-error.ts'
import type { CallLimits, Kubectl } from './kubectl.ts'
import type { JobInCluster, Pod } from './pod.ts'

/** What the container that failed wrote. */
export interface FailedLog extends FailureLines {
  readonly container: string
  /** Its last lines. */
  readonly lines: readonly string[]
}

/** How far back errors are looked for, in lines. */
const searched = 5000

/** What the sidecar of a create job says where the build before it failed. Source: the service's buildenv-sidecar. */
const buildFailed = /unning user shell for failed create action/

/**
 * The end of the log of the container that made a job fail.
 *
 * @param count how many last lines
 * @throws KubectlError
 */
export async function tailOfFailed(
  kubectl: Kubectl,
  job: JobInCluster & FailedJob,
  pod: Pod,
  count = 200,
  limits?: CallLimits,
): Promise<FailedLog> {
  async function read(container: string): Promise<FailedLog & { ofBuild: boolean }> {
    const args = ['logs', '-n', job.kubernetes_namespace, `pod/${pod.metadata.name}`, '-c', container]
    const text = await kubectl.read([...args, `--tail=${Math.max(count, searched)}`], limits)
    const lines = text.replace(/\n$/, '').split('\n')
    return {
      container,
      lines: text ? lines.slice(-count) : [],
      ...failureLines(lines),
      ofBuild: lines.some((line) => buildFailed.test(line)),
    }
  }

  const [first, other] = failedContainers(pod, job)
  if (other === undefined) return read(first!)
  const log = await read(first!).catch((fault: unknown) => {
    if (fault instanceof KubectlError) return undefined
    throw fault
  })
  if (log && !log.ofBuild && (log.errors.length > 0 || (job.previousStatus !== undefined && workIn(job.previousStatus) === 'package')))
    return log
  return read(other)
}

/** The lines of a log that say what went wrong: its errors, of many the first ones and the last; else what may be one, else its last lines. */
export function reasonsOf({ errors, hints, lines }: FailedLog, count: number): string[] {
  if (errors.length > count) return [...errors.slice(0, count - 1), errors.at(-1)!]
  if (errors.length > 0) return [...errors]
  return hints.length > 0 ? [...hints] : meaningfulLines(lines).slice(-count)
}
