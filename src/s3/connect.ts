import type { Http } from '../http/http-client.ts'
import type { Api } from '../ims/api.ts'
import { ownCredentials, serviceCredentials } from './credentials.ts'
import { openStore, type ObjectStore } from './store.ts'

export interface ConnectOptions {
  http: Http
  /** The service, whose gateway gives credentials. */
  api(): Promise<Pick<Api, 'send'>>
  /** The address of an S3 that has credentials of its own, in place of the system's. */
  endpoint?: string
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>
  signal?: AbortSignal
}

/**
 * The system's S3, with credentials.
 *
 * @throws CliError where there are none.
 */
export async function connectStore({ http, api, endpoint, now, sleep, signal }: ConnectOptions): Promise<ObjectStore> {
  if (endpoint !== undefined) return openStore({ http, credentials: await ownCredentials(endpoint, now), now, signal })
  const service = await api()
  return openStore({ http, credentials: await serviceCredentials(service, { now, sleep }), now, signal })
}
