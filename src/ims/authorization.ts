import { requireHostname } from '../config/configuration.ts'
import { tokenFileOf, type TokenSource } from '../config/token-state.ts'
import { defaultClient, isExpired, isRenewable, readToken, type Token } from '../config/tokens.ts'
import { CliError } from '../errors.ts'
import { descriptorOf } from '../files/read-file.ts'
import type { Http } from '../http/http-client.ts'
import type { Transport } from '../http/transport.ts'

/** Where the credentials are, and the way to the token server. */
export interface AuthorizationOptions extends TokenSource {
  transport: Transport | Http
  /** Milliseconds since 1970. */
  now: () => number
  /** Resolves after so many milliseconds. */
  sleep?: (milliseconds: number) => Promise<void>
  log?: (level: number, line: string) => void
  /** Ends the waiting for another process that renews the token. */
  signal?: AbortSignal
  /** Told of a token that others can read. */
  caution?: (line: string) => void
}

/** What the Authorization header holds, in words. */
export function tokenInWords({
  tokenFile,
  configuration: { username },
}: Pick<AuthorizationOptions, 'tokenFile' | 'configuration'>): string {
  return tokenFile ? `the token in ${tokenFile}` : `the token of ${username}`
}

/**
 * What gives the value of the Authorization header; undefined where there is no token. A token that expired is
 * renewed first, and its file with it.
 *
 * @param refresh the server refused the last value (401): renew it even if it hasn't expired; undefined where it
 *   can't be renewed.
 * @throws CliError where the token file is unusable, the session is over, or the hostname is plain http.
 */
export type Authorization = (refresh?: boolean) => Promise<string | undefined>

/** How long another process takes to save the token that it was given, in milliseconds. */
const timeToSave = 500

export function authorization(options: AuthorizationOptions): Authorization {
  const { configuration, tokenFile, now, sleep = async () => {}, log = () => {}, caution = () => {} } = options
  const { username } = configuration
  const hostname = requireHostname(configuration)
  const named = Boolean(tokenFile)
  const path = tokenFileOf(options)
  const whose = tokenFile || username
  // What was last sent: another process may have renewed it since.
  let sent: string | undefined
  // What no file has: it came through a pipe, which gives it once, or can't be saved.
  let unsaved: Token | undefined
  let cautious = false

  return async (refresh = false) => {
    const token = path && (unsaved ?? readToken(path, named, warnOnce))
    // Also where there is no token yet: the original refuses before it looks for one.
    if (path && /^http:/i.test(hostname.trim())) throw (await import('./refused-request.ts')).plainHttp()
    if (!path || !token) return undefined
    if (descriptorOf(path) !== undefined) unsaved = token
    log(3, `Token: ${path}`)
    if (refresh && !isRenewable(token)) return undefined
    const good = refresh || isExpired(token, now()) ? await renew(path, token) : token
    sent = good.access_token
    return `Bearer ${good.access_token}`
  }

  async function renew(path: string, token: Token): Promise<Token> {
    if (!isRenewable(token)) throw sessionExpired(token, "its token can't be refreshed")
    const [{ withLock }, { saveToken }, { refreshToken }] = await Promise.all([
      import('../files/lock.ts'),
      import('../config/save-token.ts'),
      import('./oauth.ts'),
    ])
    const server = { hostname, transport: options.transport, user: whose, now }
    return withLock(
      path,
      async ({ target, check }) => {
        const current = unsaved ?? readToken(path, named) ?? token
        const stale = sent ?? token.access_token
        if (current.access_token !== stale && !isExpired(current, now())) return current
        let over: CliError | undefined
        try {
          unsaved = await refreshToken(server, current, (why) => (over = sessionExpired(current, why)))
        } catch (error) {
          if (error !== over) throw error
          // Whoever shares the home from another machine may be renewing it: the token server takes a refresh token once.
          await sleep(timeToSave)
          const newer = readToken(path, named)
          if (newer && newer.access_token !== current.access_token) return newer
          throw error
        }
        const renewed = unsaved
        // The new token is good even where it can't be kept.
        try {
          if (descriptorOf(path) !== undefined) throw new CliError(`${path} is a pipe`)
          check()
          saveToken(target, renewed)
          unsaved = undefined
          log(3, `Saved token: ${path}`)
        } catch (error) {
          log(0, `Warning: the new token isn't kept, and the one in its file may not be good for another: ${(error as Error).message}`)
        }
        return renewed
      },
      { optional: true, signal: options.signal, busy: (who) => `the token in ${path} is being renewed by ${who}` },
    )
  }

  function warnOnce(line: string): void {
    if (!cautious) caution(line)
    cautious = true
  }

  function sessionExpired(token: Token, why: string): CliError {
    const { expires_at: end, client_id: client } = token
    const ofClient = !isRenewable(token) && client !== undefined && client !== defaultClient
    const when = Math.abs(Number(end)) < latestTime ? `, expired ${clock(Number(end) * 1000, now())}` : ''
    return new CliError('Your session has expired, please run: `cray auth login` or pass --token', {
      more: [`  ${whose}${when}; ${why}`, 'Nothing was changed.'],
      next: ['auth', 'login', ...(ofClient ? ['--client-credentials'] : [])],
    })
  }
}

/** The latest time of a Date, in seconds. */
const latestTime = 8.64e12

/** A local time of day; of another day its date, too. */
function clock(time: number, now: number): string {
  const at = new Date(time)
  const two = (number: number) => String(number).padStart(2, '0')
  const hour = `${two(at.getHours())}:${two(at.getMinutes())}`
  if (at.toDateString() === new Date(now).toDateString()) return hour
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${hour}`
}
