import { join } from 'node:path'
import { CliError, isTooManyFiles, moreFiles } from '../errors.ts'
import { isMissing, readFile, textOf, type FileContent } from '../files/read-file.ts'
import { reasonOf } from '../files/reason.ts'
import { tokensFolder, type Env } from './folder.ts'

/** A token as its file has it: the token server's answer, with when it expires and whose client it is. */
export interface Token extends Record<string, unknown> {
  access_token: string
  refresh_token?: string
  token_type?: string
  /** Seconds. */
  expires_in?: number
  /** Seconds since 1970, a fraction. */
  expires_at?: number
  client_id?: string
}

/** The client that we are to the token server. */
export const defaultClient = 'shasta'

/**
 * The file of a user's token for a host: `api_gw_service_nmn_local.jane_doe`. Source: the original.
 *
 * @throws CliError for a user's name that would lead out of the folder.
 */
export function tokenPath(env: Env, hostname: string, username: string): string {
  if (/[/\0]/.test(username)) throw new CliError(`The user name ${JSON.stringify(username)} has a slash`, { next: ['auth', 'login'] })
  // A password in the hostname has no place in a file's name.
  const [, host = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#]*@)?([^/?#@]*)/i.exec(hostname.trim()) ?? []
  return join(tokensFolder(env), `${host.replace(/[.-]/g, '_')}.${username.replaceAll('.', '_')}`)
}

/**
 * Reads a token file; undefined where it holds an empty object, or where there is none and none was named.
 *
 * @param named somebody named the file, so that it has to be there.
 * @param caution told of a file that others than its owner can read.
 * @throws CliError where it can't be read or holds no token.
 */
export function readToken(path: string, named: boolean, caution: (line: string) => void = () => {}): Token | undefined {
  const content = readContent(path)
  if (content === undefined && !named) return undefined
  if (content === undefined) throw unusable([`${path}: no such file`])
  if (content.stats.isFile() && (content.stats.mode & 0o044) !== 0)
    caution(`Warning: others can read the token in ${path}; to keep it to yourself: chmod 600 ${path}`)
  const found = parse(path, content.text)
  if (typeof found !== 'object' || found === null || Array.isArray(found)) throw unusable([`${path} holds ${kindOf(found)}, not a token`])
  if (Object.keys(found).length === 0) return undefined
  const { access_token: access, token_type: type = 'Bearer' } = found as Partial<Token>
  if (typeof access !== 'string') throw unusable([`${path} has no access_token`])
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    throw new CliError(`The token in ${path} is of type ${JSON.stringify(type)}, not Bearer`, { next: ['auth', 'login'] })
  return found as Token
}

/** Whether a token that has expired can be renewed. */
export const isRenewable = ({ refresh_token: refresh }: Token): boolean => typeof refresh === 'string' && refresh !== ''

/** @param now milliseconds since 1970. */
export function isExpired({ expires_at: end }: Token, now: number): boolean {
  const seconds = typeof end === 'string' && end !== '' ? Number(end) : end
  return typeof seconds === 'number' && Number.isFinite(seconds) && Math.trunc(seconds) < now / 1000
}

/**
 * What is kept of a token server's answer: the scope as a list, when it expires, whose client it is, and the refresh
 * token that it doesn't replace. Source: the original's library.
 *
 * @param now milliseconds since 1970.
 */
export function tokenToKeep(answer: Token, now: number, before: Partial<Token> = {}): Token {
  const { scope } = answer
  const lifetime = lifetimeOf(answer)
  return {
    ...answer,
    ...(typeof scope === 'string' && { scope: scope.split(/\s+/).filter((word) => word !== '') }),
    ...(lifetime !== undefined && { expires_at: now / 1000 + lifetime }),
    client_id: answer.client_id ?? (before.client_id || defaultClient),
    ...(answer.refresh_token === undefined && before.refresh_token !== undefined && { refresh_token: before.refresh_token }),
  }
}

/** The longest lifetime of a token that is believed, in seconds: ten years. */
const longestLifetime = 10 * 365 * 86_400

/** Seconds; undefined where it isn't said, or makes no sense. Without it a token is used until it is refused. */
function lifetimeOf({ expires_in: said }: { expires_in?: unknown }): number | undefined {
  if (typeof said !== 'number' && (typeof said !== 'string' || said.trim() === '')) return undefined
  const seconds = Math.trunc(Number(said))
  return seconds >= 0 && seconds <= longestLifetime ? seconds : undefined
}

function readContent(path: string): { text: string; stats: FileContent['stats'] } | undefined {
  let content: FileContent
  try {
    content = readFile(path, 'token')
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw unusable([`${path}: ${reasonOf(cause)}`], cause)
  }
  try {
    return { text: textOf(path, content.bytes), stats: content.stats }
  } catch (cause) {
    throw unusable([(cause as CliError).message], cause)
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // The parser's own message quotes the text, which may be the secret.
    throw unusable([`${path} is ${text.trim() === '' ? 'empty' : 'not JSON'}`], error)
  }
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`
}

function unusable(more: readonly string[], cause?: unknown): CliError {
  return new CliError('Unable to open token file, is it valid JSON?', {
    more,
    next: isTooManyFiles(cause) ? moreFiles : ['auth', 'login'],
    cause,
  })
}
