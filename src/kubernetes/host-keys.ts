import { KubectlError } from './kubectl-error.ts'
import type { CallLimits, Kubectl } from './kubectl.ts'

/** The public half of a host key. */
export interface HostKey {
  /** `ssh-ed25519` */
  readonly type: string
  /** As SSH sends it. */
  readonly blob: Buffer
}

/**
 * The host keys of the SSH server in a job's pod, read in the container itself; undefined when they can't be had in
 * time, for whatever reason.
 */
export async function readHostKeys(
  kubectl: Kubectl,
  { namespace, pod }: { namespace: string; pod: string },
  { limit = 3000, signal }: CallLimits = {},
): Promise<HostKey[] | undefined> {
  const command = ['sh', '-c', 'cat /etc/ssh/ssh_host_*_key.pub']
  try {
    const text = await kubectl.read(['exec', '-n', namespace, pod, '-c', 'sshd', '--', ...command], { limit, signal })
    const keys = text.split('\n').flatMap(hostKey)
    return keys.length > 0 ? keys : undefined
  } catch (fault) {
    if (fault instanceof KubectlError) return undefined
    throw fault
  }
}

function hostKey(line: string): HostKey[] {
  const [type = '', key = ''] = line.trim().split(/\s+/)
  const blob = Buffer.from(key, 'base64')
  return /^(ssh|ecdsa)-/.test(type) && blob.length > 0 ? [{ type, blob }] : []
}
