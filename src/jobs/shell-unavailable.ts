import { CliError, type NextStep } from '../errors.ts'
import { stageOf, workIn } from '../ims/job-status.ts'
import type { Job } from '../ims/records.ts'
import { diagnosisText, type Diagnosis } from '../kubernetes/diagnosis.ts'
import type { CommandContext } from '../context.ts'
import { podFailureOf, reasonLines, type PodFailure } from './pod.ts'
import { shortId } from './lookup.ts'

const condition = 'A shell opens only when the build itself fails with debug on.'

/** Why a job's record says that no shell can come, and what to do about it. */
export async function noShell(context: CommandContext, job: Job): Promise<CliError> {
  const { id } = job
  const failure = (why: string, more: readonly string[], next: NextStep) =>
    new CliError(`no shell will come: job ${shortId(id)} ${why}`, { exit: 1, more, next })
  const stage = stageOf(job)
  if (stage === 'success') {
    const image = job.resultant_image_id
    return failure('succeeded', image ? [`  image ${image}`] : [], image ? ['images', 'describe', image] : ['images', 'list'])
  }
  if (stage === 'error') return failure('ended in error', ...(await endedInError(context, job)))
  if (workIn(job.status) === 'package') return failure('is past that: it packages its image', [], ['jobs', 'wait', id])
  return failure('was created with debug off', [condition], againWithDebug(job))
}

async function endedInError(context: CommandContext, job: Job): Promise<[more: string[], next: NextStep]> {
  const failure = await podFailureOf(context, job)
  const more = [...reasonLines(failure), ...(job.job_type === 'create' ? [condition] : [])]
  return [more, diagnosticCommand(job, failure)]
}

/** The command that tells more of why a job ended in error. */
export function diagnosticCommand(job: Job, { log }: Partial<PodFailure> = {}): readonly string[] {
  if (log?.container === 'fetch-recipe') return ['recipes', 'describe', job.artifact_id]
  if (log?.container === 'prepare') return ['images', 'describe', job.artifact_id]
  return log ? ['jobs', 'logs', job.id, '--failed'] : ['jobs', 'describe', job.id]
}

/** The line that creates a job again, with debug on. */
function againWithDebug(job: Job): readonly string[] {
  const options = {
    'job-type': job.job_type,
    'artifact-id': job.artifact_id,
    'public-key-id': job.public_key_id,
    'image-root-archive-name': job.image_root_archive_name,
    'build-env-size': String(job.build_env_size),
    'enable-debug': 'True',
  }
  return ['jobs', 'create', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])]
}

/** That a job never ends, because its pod has failed and nothing sets its status any more; as a part of a sentence. */
export const failedPodNote = ({ id, status }: Job) => `job ${id} stays ${status}: its pod has failed`

/**
 * The failure for a job that never ends, with the reason and the remedy.
 *
 * @param head what it means for who waits: `image x was not made: `.
 * @param more lines after the reason.
 */
export async function podFailedError(
  context: CommandContext,
  job: Job,
  found: Diagnosis,
  { head = '', more = [] }: { head?: string; more?: readonly string[] } = {},
): Promise<CliError> {
  const reasons = reasonLines(await podFailureOf(context, job, { found }))
  return new CliError(`${head}${failedPodNote(job)}`, {
    exit: 1,
    more: [...reasons, ...more],
    next: ['jobs', 'delete', job.id],
  })
}

/** That a job's pod can't run, in Kubernetes' words. */
export function podCannotRunError({ id, kubernetes_job, kubernetes_namespace }: Job, found: Diagnosis): CliError {
  return new CliError(`no shell will come: the pod of job ${shortId(id)} can't run`, {
    exit: 1,
    more: [`  ${diagnosisText(found)}`],
    next: `kubectl describe pods -n ${kubernetes_namespace} -l job-name=${kubernetes_job}`,
  })
}

/** That a job isn't there any more. */
export function jobDeletedError(id: string): CliError {
  return new CliError(`job ${id} is gone: it was deleted`, { exit: 1, next: ['jobs', 'list'] })
}
