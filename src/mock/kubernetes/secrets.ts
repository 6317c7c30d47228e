import type { Job } from '../records.ts'
import { timeOf } from '../records.ts'
import { timestamp, uidOf } from './metadata.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

function secret(name: string, namespace: string, created: number, data: Readonly<Record<string, string>>) {
  return {
    kind: 'Secret' as const,
    apiVersion: 'v1' as const,
    metadata: { name, namespace, uid: uidOf(name), creationTimestamp: timestamp(created), labels: {} as Record<string, string> },
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
  }
}

/**
 * The client that root on a node gets its tokens with.
 *
 * @param password what the token endpoint takes for every client's secret
 */
export function adminClient(password: string, now: number) {
  return secret('admin-client-auth', 'default', now, { 'client-id': 'admin-client', 'client-secret': password })
}

/** The keys that a job checks packages with. The mock's have nothing in them. */
export function signingKeysOf(job: Job) {
  return secret(job.kubernetes_secret!, job.kubernetes_namespace, timeOf(job.created), {})
}
