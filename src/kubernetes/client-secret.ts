import { isObject } from '../json/is-object.ts'
import type { CallLimits, Kubectl } from './kubectl.ts'
import { KubectlError } from './kubectl-error.ts'

/** Where a system keeps the client that root on its nodes gets tokens with. Source: the manuals of CSM. */
const [secretName, secretNamespace] = ['admin-client-auth', 'default']

/** A client of the token server. */
export interface ClientSecret {
  readonly clientId: string
  readonly clientSecret: string
}

/** The longest id or secret that is believed, in bytes. */
const longest = 4096

/**
 * Reads the client's secret of the cluster.
 *
 * @throws KubectlError; what it says of a secret never has a value of it.
 */
export async function readClientSecret(kubectl: Kubectl, limits?: CallLimits): Promise<ClientSecret> {
  const text = await kubectl.read(['get', 'secret', secretName, '-n', secretNamespace, '-o', 'json'], limits)
  const data = dataOf(text)
  return { clientId: valueOf(data, 'client-id'), clientSecret: valueOf(data, 'client-secret') }
}

const odd = (why: string) => new KubectlError('failed', `secret ${secretName} of namespace ${secretNamespace} ${why}`)

function dataOf(text: string): Readonly<Record<string, unknown>> {
  let secret: unknown
  try {
    secret = JSON.parse(text)
  } catch {
    throw odd('is not JSON')
  }
  if (!isObject(secret) || !isObject(secret.data)) throw odd('has no data')
  return secret.data
}

function valueOf(data: Readonly<Record<string, unknown>>, key: string): string {
  const encoded = data[key]
  if (typeof encoded !== 'string') throw odd(`has no ${key}`)
  const value = Buffer.from(encoded, 'base64').toString('utf8').trim()
  if (value.length > longest || !/^[\x21-\x7e]+$/.test(value)) throw odd(`has a ${key} that makes no sense`)
  return value
}
