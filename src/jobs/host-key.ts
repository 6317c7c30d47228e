import { join } from 'node:path'
import { configFolder } from '../config/folder.ts'
import { CliError, type NextStep } from '../errors.ts'
import type { Job } from '../ims/records.ts'
import { readHostKeys } from '../kubernetes/host-keys.ts'
import type { Address } from '../ssh/banner.ts'
import { checkHostKey, type HostKeyPolicy, type HostKeyVerdict } from '../ssh/host-keys.ts'
import { readKnownHosts, rememberHostKeys } from '../ssh/known-hosts.ts'
import type { VerifyHostKey } from '../ssh/session.ts'
import { tilde } from '../files/home.ts'
import type { CommandContext } from '../context.ts'
import { kubectlOf, podOf } from './pod.ts'
import { shortId } from './lookup.ts'

/** Called with an accepted host key and the address that showed it, before anyone logs in. */
export type OnAccept = (verdict: HostKeyVerdict, address: Address) => void | Promise<void>

/** Where host keys of jobs are kept. */
export function knownHostsPath({ io }: CommandContext): string {
  return join(configFolder(io.env), 'ims_job_hosts')
}

/** What is said of a host key that was accepted. */
export function hostKeyLine({ fingerprint, why }: HostKeyVerdict): string {
  return `  host key ${fingerprint} ${why}`
}

/**
 * Judges the host's key: kept by job, compared with the container's own where `kubectl` answers.
 *
 * @param told called with the verdict when the key is accepted.
 * @throws CliError (exit 255) for a key that is refused: there is no shell then.
 */
export function hostVerifier(
  context: CommandContext,
  job: Job,
  policy: HostKeyPolicy,
  told: (verdict: HostKeyVerdict) => void | Promise<void>,
): VerifyHostKey {
  const path = knownHostsPath(context)
  return async (key) => {
    const { keys, warning } = readKnownHosts(path)
    if (warning) context.warn(`Warning: ${warning}`)
    const containersOwn = async (signal: AbortSignal) => {
      const pod = await podOf(context, job, signal)
      return pod && readHostKeys(kubectlOf(context), { namespace: job.kubernetes_namespace, pod: pod.metadata.name }, { signal })
    }
    const verdict = await checkHostKey({ jobId: job.id, key, known: keys, containersOwn, policy })
    if (!verdict.accept) throw refused(context, job, verdict, path)
    if (verdict.remember.length > 0) {
      const trouble = await rememberHostKeys(path, job.id, verdict.remember, { now: context.io.now(), compared: verdict.compared })
      if (trouble) context.warn(`Warning: ${trouble}`)
    }
    await told(verdict)
  }
}

function refused(
  { command, io }: CommandContext,
  { id, kubernetes_job, kubernetes_namespace }: Job,
  { why, fingerprint: shown }: HostKeyVerdict,
  path: string,
): CliError {
  const pods = `kubectl get pods -n ${kubernetes_namespace} -l job-name=${kubernetes_job} -o wide`
  const reasons: Partial<Record<HostKeyVerdict['why'], readonly [string, string, NextStep]>> = {
    changed: ['it changed', `  another is kept in ${tilde(path, io.env)}: someone is in between, or the job has another container`, pods],
    "differs from the pod's": ["it isn't the pod's", '  the pod has others: someone is in between', pods],
    'could not be compared': [
      "it couldn't be compared with the pod's",
      '  --host-key verify takes a kubectl that may exec into the pod',
      ['jobs', command.name, id, '--host-key', 'accept-new'],
    ],
  }
  const [reason, detail, next] = reasons[why] ?? [why, '', pods]
  return new CliError(`the host key of job ${shortId(id)} is refused: ${reason}`, { exit: 255, more: [`  shown ${shown}`, detail], next })
}
