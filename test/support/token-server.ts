import { mkdirSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'

/** A token endpoint that takes each refresh token once: `refresh-0` gives `access-1` and `refresh-1`, and so on. */
export interface TokenServer {
  answer(body: string, response: ServerResponse): void
  /** Whether a request has the newest token. */
  admits(request: IncomingMessage): boolean
  /** The newest token is good no longer. */
  revoke(): void
  renewals(): number
  /** Writes the first token into a folder; its file. */
  write(folder: string, how: { expired: boolean }): string
}

export function createTokenServer(): TokenServer {
  let renewals = 0
  let revoked = false
  return {
    answer(body, response) {
      if (new URLSearchParams(body).get('refresh_token') !== `refresh-${renewals}`)
        return void response.writeHead(400).end(JSON.stringify({ error: 'invalid_grant' }))
      renewals++
      revoked = false
      response.end(JSON.stringify({ access_token: `access-${renewals}`, refresh_token: `refresh-${renewals}`, expires_in: 86_400 }))
    },
    admits: ({ headers }) => !revoked && headers.authorization === `Bearer access-${renewals}`,
    revoke: () => void (revoked = true),
    renewals: () => renewals,
    write(folder, { expired }) {
      mkdirSync(folder, { mode: 0o700 })
      const file = join(folder, 'token')
      const token = { access_token: 'access-0', refresh_token: 'refresh-0', ...(expired && { expires_at: 1 }) }
      writeFileSync(file, JSON.stringify(token), { mode: 0o600 })
      return file
    },
  }
}
