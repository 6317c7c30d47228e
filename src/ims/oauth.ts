import { defaultClient, tokenToKeep, type Token } from '../config/tokens.ts'
import { CliError } from '../errors.ts'
import { parseAddress, shownHostname, urlFor } from './address.ts'
import { explainOf } from './explain.ts'
import type { Http } from '../http/http-client.ts'
import { excerpt } from '../text/printable.ts'
import { plainHttp } from './refused-request.ts'
import { basic } from '../http/proxy.ts'
import type { HttpRequest, HttpResponse, Transport } from '../http/transport.ts'
import { isObject } from '../json/is-object.ts'

/** The token server of a system, and the way to it. */
export interface TokenServer {
  hostname: string
  transport: Transport | Http
  /** Whose session is renewed, in words. */
  user?: string
  /** Milliseconds since 1970. */
  now: () => number
}

/** Of a user, or of a client of the token server. */
export type Credentials =
  | { readonly username: string; readonly password: string; readonly rsaToken?: string }
  | { readonly clientId: string; readonly clientSecret: string }

/** Whose they are: the user's or the client's name. */
export const ownerOf = (credentials: Credentials): string => ('username' in credentials ? credentials.username : credentials.clientId)

/** What the token server says of an error. Source: RFC 6749, 5.2. */
interface Refusal {
  error: string
  error_description?: string
}

/**
 * Gets a token for a user with a password, or for a client with its secret.
 *
 * @throws CliError in the original's words, and what happened.
 */
export async function requestToken(server: TokenServer, credentials: Credentials): Promise<Token> {
  const { form, secret, authorization, client, next } = grantOf(credentials)
  const response = await post(server, form, secret, authorization).catch(notReached)
  const answer = parse(response)
  const token = tokenOf(answer)
  if (typeof token === 'object') return tokenToKeep(token, server.now(), { client_id: client })
  const said = refusalOf(answer)
  if (!said)
    throw new CliError(token === noToken ? 'Invalid Credentials' : 'Unable to login!', {
      more: [`${shownHostname(server.hostname)} answered ${statusOf(response)}, ${token}`],
      next,
    })
  const why = excerpt([said.error, said.error_description].filter(Boolean).join(': '))
  if (said.error === 'invalid_grant' || said.error === 'unauthorized_client')
    throw new CliError('Invalid Credentials', { more: [why], next })
  const description = excerpt(said.error_description ?? '')
  throw new CliError(description || 'Unable to login!', {
    more: [description ? `Unable to login! (${excerpt(said.error)})` : why],
    next,
  })
}

/** A request for a token. */
interface Grant {
  readonly form: Record<string, string>
  /** What it has that is secret, in words. */
  readonly secret: string
  readonly authorization?: string
  /** Whom the token is for, where the answer doesn't say. */
  readonly client: string
  readonly next: readonly string[]
}

/** How each kind of credentials asks for a token. */
function grantOf(credentials: Credentials): Grant {
  if ('clientId' in credentials) {
    const { clientId, clientSecret } = credentials
    return {
      form: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
      secret: `the secret of ${clientId}`,
      client: clientId,
      next: ['auth', 'login', '--client-credentials'],
    }
  }
  const { username, password, rsaToken } = credentials
  return {
    form: { grant_type: 'password', username, password, ...(rsaToken && { rsa_username: username, rsa_otp: rsaToken }) },
    secret: `the password of ${username}`,
    authorization: basic(defaultClient, ''),
    client: defaultClient,
    next: ['auth', 'login'],
  }
}

/**
 * Gets a new token by the refresh token of one that expired.
 *
 * @param expired says that the session is over, and why.
 * @throws CliError where the session is over, and where the token server fails.
 */
export async function refreshToken(server: TokenServer, token: Token, expired: (why: string) => CliError): Promise<Token> {
  const form = {
    grant_type: 'refresh_token',
    client_id: token.client_id || defaultClient,
    refresh_token: token.refresh_token ?? '',
  }
  const response = await post(server, form, `the refresh token of ${server.user ?? 'the session'}`)
  const answer = parse(response)
  const renewed = tokenOf(answer)
  if (typeof renewed === 'object') return tokenToKeep(renewed, server.now(), token)
  const said = refusalOf(answer)
  if (said?.error === 'invalid_grant') throw expired('refresh refused (invalid_grant)')
  const why = said ? excerpt([said.error, said.error_description].filter(Boolean).join(': ')) : `it answered ${renewed}`
  throw new CliError(`The token server did not renew the session: ${statusOf(response)}`, {
    more: [why, 'Nothing was changed.'],
    next: ['auth', 'login'],
  })
}

async function post(
  { hostname, transport }: TokenServer,
  form: Record<string, string>,
  secret: string,
  authorization?: string,
): Promise<HttpResponse> {
  const address = parseAddress(hostname)
  if (address.base.protocol === 'http:') throw plainHttp()
  const request: HttpRequest = {
    method: 'POST',
    url: urlFor(address, '/keycloak/realms/shasta/protocol/openid-connect/token'),
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
      ...(authorization && { authorization }),
    },
    body: new URLSearchParams(form).toString(),
    longest: longestAnswer,
    answers: 'as a read',
    secret,
  }
  return transport(request).catch(async (error: unknown) => {
    throw await explainOf(transport, error, request)
  })
}

function notReached(cause: unknown): never {
  if (!(cause instanceof CliError) || cause.exit !== 2) throw cause
  const head = cause.message.startsWith('Unable to connect') ? [] : [cause.message]
  throw new CliError('Unable to login!', {
    more: [...head, ...cause.more.filter((line) => !/^(\t|$)/.test(line))],
    next: cause.next,
    footer: cause.footer,
    cause,
  })
}

function parse({ body }: HttpResponse): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The longest answer of a token server that is read, in bytes, and the longest token, which has to fit into a header. */
const longestAnswer = 2 ** 20
const longestToken = 2 ** 16

const noToken = 'without a token'

/** The token of an answer; in words what is wrong with it. */
function tokenOf(answer: unknown): Token | string {
  if (!isObject(answer) || answer.access_token === undefined || answer.access_token === '') return noToken
  const { access_token: access, refresh_token: refresh } = answer
  for (const [name, value] of Object.entries({ access_token: access, refresh_token: refresh })) {
    if (name === 'refresh_token' && (value === undefined || value === null)) continue
    if (typeof value !== 'string') return `with JSON whose ${name} is not text`
    if (value.length > longestToken) return `with JSON whose ${name} is longer than ${longestToken / 1024} KiB`
    if (!/^[\x21-\x7e]+$/.test(value)) return `with JSON whose ${name} has characters that no token has`
  }
  return answer as Token
}

function refusalOf(answer: unknown): Refusal | undefined {
  if (!isObject(answer) || typeof answer.error !== 'string') return undefined
  const { error, error_description: description } = answer
  return { error, error_description: typeof description === 'string' ? description : undefined }
}

function statusOf({ status, reason }: HttpResponse): string {
  return `HTTP ${status} ${reason}`.trim()
}
