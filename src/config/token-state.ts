import { absolutePath } from '../files/path.ts'
import { requireHostname, type Configuration } from './configuration.ts'
import type { Env } from './folder.ts'
import { isExpired, isRenewable, readToken, tokenPath } from './tokens.ts'

/** Where a command's token comes from. */
export interface TokenSource {
  env: Env
  configuration: Configuration
  /** The token file that was named; none is the one of the configuration's user. */
  tokenFile?: string
  /** What a named file is relative to. */
  readonly cwd: string
}

/** The file of the token that requests are made with; undefined where no file is named and nobody has logged in. */
export function tokenFileOf(source: TokenSource): string | undefined {
  const { env, configuration, tokenFile } = source
  const hostname = requireHostname(configuration)
  if (tokenFile) return absolutePath(tokenFile, source)
  return configuration.username && tokenPath(env, hostname, configuration.username)
}

/** A token as its file shows it, without what is secret of it. */
export interface TokenState {
  readonly file: string | undefined
  /** `expired` may still be renewed. */
  readonly state: 'missing' | 'expired' | 'valid'
  /** It has a refresh token, with which it is renewed when it has expired. */
  readonly renewable: boolean
  /** When it expires; undefined where its file doesn't say. */
  readonly expires: Date | undefined
}

/** The latest time of a Date, in seconds. */
const latestTime = 8.64e12

/**
 * What is known here of the token that requests are made with. Nothing is asked of a server.
 *
 * @param now milliseconds since 1970.
 * @throws CliError where its file can't be read or holds no token.
 */
export function tokenState(source: TokenSource, now: number): TokenState {
  const file = tokenFileOf(source)
  const token = file === undefined ? undefined : readToken(file, Boolean(source.tokenFile))
  if (!token) return { file, state: 'missing', renewable: false, expires: undefined }
  const end = Number(token.expires_at)
  return {
    file,
    state: isExpired(token, now) ? 'expired' : 'valid',
    renewable: isRenewable(token),
    expires: token.expires_at !== undefined && Math.abs(end) < latestTime ? new Date(end * 1000) : undefined,
  }
}
