import { isMissing, readFile } from '../files/read-file.ts'
import { reasonOf } from '../files/reason.ts'
import { rewriteLog } from '../files/update-file.ts'
import { parsePublicKey, publicKeyLine, type PublicKey } from './public-key.ts'

/** A host key that was accepted for a job. */
export interface KnownKey {
  readonly jobId: string
  readonly key: Pick<PublicKey, 'type' | 'blob'>
  /** Milliseconds since 1970; undefined where OpenSSH wrote the line. */
  readonly at: number | undefined
  /** It was found equal to the container's own. */
  readonly compared: boolean
}

export interface KnownHosts {
  readonly keys: readonly KnownKey[]
  /** What was wrong with the file, for stderr. */
  readonly warning: string | undefined
}

/** How long a job's keys are kept, in milliseconds. */
const kept = 30 * 24 * 60 * 60 * 1000

const head = '# Host keys of IMS jobs by job id, kept for 30 days by cray-ims'

/**
 * The host keys in a file of ours. It is a `known_hosts` of OpenSSH, each line under a job's id and with the time in
 * its comment, so that `ssh` can use and extend it. Lines that make no sense are left out, with a warning.
 */
export function readKnownHosts(path: string): KnownHosts {
  try {
    return keysIn(path, readFile(path, 'knownHosts').bytes.toString())
  } catch (error) {
    if (isMissing(error)) return { keys: [], warning: undefined }
    return { keys: [], warning: `${path} can't be read: ${reasonOf(error)}; host keys of earlier connections are unknown` }
  }
}

function keysIn(path: string, text: string): KnownHosts {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const keys = lines.map(knownKey).filter((key) => key !== undefined)
  const bad = lines.length - keys.length
  return { keys, warning: bad > 0 ? `${path}: ${bad} of ${lines.length} lines make no sense and are left out` : undefined }
}

/**
 * Keeps a job's host keys in place of those it had, and drops all that is older than 30 days. Of processes that write
 * at the same time, OpenSSH among them, each one's keys are kept.
 *
 * @returns what went wrong, for stderr: a folder that can't be written hinders nobody
 */
export async function rememberHostKeys(
  path: string,
  jobId: string,
  keys: readonly KnownKey['key'][],
  { now, compared }: { now: number; compared: boolean },
): Promise<string | undefined> {
  try {
    await rewriteLog(path, 'knownHosts', (text) => {
      const others = keysIn(path, text).keys.filter((known) => known.jobId !== jobId && (known.at ?? now) > now - kept)
      const own = keys.map((key) => ({ jobId, key, at: now, compared }))
      return [head, ...[...others, ...own].map((known) => line(known, now)), ''].join('\n')
    })
    return undefined
  } catch (error) {
    return `the host key isn't kept: ${reasonOf(error)}`
  }
}

function line({ jobId, key, at, compared }: KnownKey, now: number): string {
  return `${jobId} ${publicKeyLine(key)} ${new Date(at ?? now).toISOString()}${compared ? ' compared' : ''}`
}

function knownKey(text: string): KnownKey | undefined {
  const [jobId, ...rest] = text.split(' ')
  const key = parsePublicKey(rest.join(' '))
  if (!jobId || !key) return undefined
  const [time = '', word] = key.comment.split(' ')
  const at = Date.parse(time)
  return { jobId, key, at: Number.isNaN(at) ? undefined : at, compared: word === 'compared' }
}
