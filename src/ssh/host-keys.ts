import { fingerprint, publicKeyOf, type PublicKey } from './public-key.ts'
import type { KnownKey } from './known-hosts.ts'

export type HostKeyPolicy = 'accept-new' | 'verify'

export type HostKeyReason =
  'known' | "new, same as the pod's" | 'new, accepted' | 'changed' | "differs from the pod's" | 'could not be compared'

/** Whether a host is the job's container, as far as can be told. */
export interface HostKeyVerdict {
  readonly accept: boolean
  readonly why: HostKeyReason
  /** Of the key that was shown: `SHA256:…`. */
  readonly fingerprint: string
  /** What to keep for the next time; empty where nothing changes. */
  readonly remember: readonly Pick<PublicKey, 'type' | 'blob'>[]
  /** Those of {@link remember} were compared with the container's own. */
  readonly compared: boolean
}

export interface HostKeyQuestion {
  readonly jobId: string
  /** The key the host has shown, as SSH sends it. */
  readonly key: Buffer
  readonly known: readonly KnownKey[]
  /** The keys in the container itself, where they can be read. Waited for no longer than 3 s. */
  readonly containersOwn?: (signal: AbortSignal) => Promise<readonly Pick<PublicKey, 'type' | 'blob'>[] | undefined>
  readonly policy: HostKeyPolicy
  /** Longest wait for the container's own keys, in milliseconds. */
  readonly patience?: number
}

/**
 * Judges a host key. Each job has fresh ones, so a job's key never changes: one that does, or that isn't the
 * container's own, is refused. With `verify` only a key that was compared is accepted.
 */
export async function checkHostKey(question: HostKeyQuestion): Promise<HostKeyVerdict> {
  const { jobId, key, policy, patience = 3000 } = question
  const known = question.known.filter((entry) => entry.jobId === jobId)
  const same = known.find((entry) => entry.key.blob.equals(key))
  const verdict = (accept: boolean, why: HostKeyReason, remember: HostKeyVerdict['remember'] = [], compared = false) => ({
    accept,
    why,
    fingerprint: fingerprint(key),
    remember,
    compared,
  })

  if (known.length > 0 && !same) return verdict(false, 'changed')
  if (same && (same.compared || policy === 'accept-new')) return verdict(true, 'known')

  const own = question.containersOwn && (await within(patience, question.containersOwn))
  if (own && own.length > 0) {
    if (!own.some(({ blob }) => blob.equals(key))) return verdict(false, "differs from the pod's")
    return verdict(true, same ? 'known' : "new, same as the pod's", own, true)
  }
  if (policy === 'verify') return verdict(false, 'could not be compared')
  return verdict(true, 'new, accepted', [publicKeyOf(key)])
}

/** What comes of a task within so many milliseconds; undefined where it is late or fails. */
async function within<T>(milliseconds: number, task: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const limit = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      limit.abort()
      resolve(undefined)
    }, milliseconds)
  })
  try {
    return await Promise.race([task(limit.signal).catch(() => undefined), late])
  } finally {
    clearTimeout(timer)
  }
}
