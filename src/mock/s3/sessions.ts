import { randomBytes } from 'node:crypto'
import { plain, type Answer } from '../answer.ts'
import type { Clock } from '../job-clock.ts'
import { runUser } from '../access.ts'

/** Secrets by access key. */
export interface Sessions {
  /** New credentials, as the system's gateway gives them: they end after a while. */
  issue(endpoint: string): Answer
  /** The secret of an access key; undefined where it, or the session token with it, is wrong or has ended. */
  secretOf(accessKey: string, sessionToken: string | undefined): string | undefined
}

/** Seconds that credentials last, as the gateway gives them. */
export const usualSession = 3600

/**
 * Credentials of the mock's S3.
 *
 * @param runToken the secret of access key `mock`, which has no session and never ends; undefined for none.
 */
export function createSessions(clock: Clock, runToken?: string, lasts = usualSession): Sessions {
  const sessions = new Map<string, { secret: string; token: string; ends: number }>()
  const random = (bytes: number) => randomBytes(bytes).toString('hex')
  return {
    issue(endpoint) {
      const now = clock.now()
      for (const [key, { ends }] of sessions) if (ends <= now) sessions.delete(key)
      const accessKey = random(10).toUpperCase()
      const session = { secret: random(20), token: random(60), ends: now + lasts * 1000 }
      sessions.set(accessKey, session)
      return plain(201, {
        Credentials: {
          EndpointURL: endpoint,
          AccessKeyId: accessKey,
          SecretAccessKey: session.secret,
          SessionToken: session.token,
          Expiration: new Date(session.ends).toISOString().replace('.000Z', 'Z'),
        },
      })
    },
    secretOf(accessKey, sessionToken) {
      if (runToken !== undefined && accessKey === runUser && sessionToken === undefined) return runToken
      const session = sessions.get(accessKey)
      return session && session.token === sessionToken && session.ends > clock.now() ? session.secret : undefined
    },
  }
}
