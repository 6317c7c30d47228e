import { randomBytes, randomUUID } from 'node:crypto'
import { createAccess } from './access.ts'
import { answer, gatewayAnswer, plain, type Answer, type Call } from './answer.ts'
import type { Clock } from './job-clock.ts'
import { spacedText } from './json-text.ts'

export const tokenPath = '/keycloak/realms/shasta/protocol/openid-connect/token'

/** Seconds that tokens last, as the real endpoint gives them. */
const lasts = { access: 300, refresh: 1800 }

/** The token endpoint, and what the gateway does with its tokens. */
export interface Tokens {
  /** Answers a request to the token endpoint. */
  grant(call: Call): Answer
  /** The gateway's answer to a request that can't pass: one whose token isn't ours, or has expired. */
  refuse(authorization: string | undefined): Answer | undefined
}

/**
 * A token endpoint like Keycloak's, which takes any name of a user or client.
 *
 * @param runToken the password of every user and secret of every client; the API demands it, or a token from here that
 *   hasn't expired. Without it any password and secret will do but `wrong`, and the API demands nothing: what is sent
 *   must be a token from here.
 */
export function createTokens(clock: Clock, runToken?: string): Tokens {
  const own = runToken === undefined ? undefined : createAccess(runToken)
  const isPassword = own ? own.matches : (password: string) => password !== '' && password !== 'wrong'
  const access = new Map<string, number>()
  const refresh = new Map<string, number>()

  function issue(into: Map<string, number>, seconds: number): string {
    const now = clock.now()
    for (const [token, until] of into) if (until <= now) into.delete(token)
    const token = randomBytes(48).toString('base64url')
    into.set(token, now + seconds * 1000)
    return token
  }

  const granted = (renewable: boolean): Answer =>
    plain(200, {
      access_token: issue(access, lasts.access),
      expires_in: lasts.access,
      refresh_expires_in: renewable ? lasts.refresh : 0,
      ...(renewable && { refresh_token: issue(refresh, lasts.refresh) }),
      token_type: 'Bearer',
      'not-before-policy': 0,
      ...(renewable && { session_state: randomUUID() }),
      scope: 'email profile',
    })

  const valid = (tokens: Map<string, number>, token: string): boolean => (tokens.get(token) ?? 0) > clock.now()

  return {
    grant(call) {
      if (call.method !== 'POST') return answer(405, '', { Allow: 'POST' })
      const form = new URLSearchParams(call.body)
      switch (form.get('grant_type')) {
        case 'password':
          if (!form.get('username') || !isPassword(form.get('password') ?? '')) {
            return refused(401, 'invalid_grant', 'Invalid user credentials')
          }
          return granted(true)
        case 'refresh_token': {
          const token = form.get('refresh_token') ?? ''
          if (!valid(refresh, token)) return refused(400, 'invalid_grant', 'Token is not active')
          refresh.delete(token)
          return granted(true)
        }
        case 'client_credentials': {
          const { id, secret } = clientOf(call, form)
          return !id || !isPassword(secret ?? '')
            ? refused(401, 'unauthorized_client', 'Invalid client or Invalid client credentials')
            : granted(false)
        }
        case null:
          return refused(400, 'invalid_request', 'Missing form parameter: grant_type')
        default:
          return refused(400, 'unsupported_grant_type', 'Unsupported grant_type')
      }
    },
    refuse(authorization) {
      if (own?.admits(authorization)) return undefined
      const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) return own && gatewayAnswer(401, 'Jwt is missing')
      if (valid(access, token)) return undefined
      return gatewayAnswer(401, access.has(token) ? 'Jwt is expired' : 'Jwt verification fails')
    },
  }
}

function refused(status: number, error: string, description: string): Answer {
  return answer(status, spacedText({ error, error_description: description }))
}

function clientOf(call: Call, form: URLSearchParams): { id: string | null; secret: string | null } {
  const basic = /^Basic (.+)$/i.exec(call.authorization ?? '')?.[1]
  if (basic === undefined) return { id: form.get('client_id'), secret: form.get('client_secret') }
  const [id = '', ...secret] = Buffer.from(basic, 'base64').toString().split(':')
  return { id: decodeURIComponent(id), secret: decodeURIComponent(secret.join(':')) }
}
