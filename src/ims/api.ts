import { CliError, usageError, type NextStep } from '../errors.ts'
import type { Value } from '../json/value.ts'
import { writeJson } from '../json/write.ts'
import { parseAddress, urlFor } from './address.ts'
import { endList, readAnswer } from './response.ts'
import { statusLine } from '../http/request-info.ts'
import { isList, mayHaveHappened } from './resource-paths.ts'
import { connectionError } from './connection-error.ts'
import { explainOf } from './explain.ts'
import { acceptEncoding } from '../http/encoding.ts'
import { createTransport, isHttp, type Http, type HttpOptions } from '../http/http-client.ts'
import { listBody, type ListBody, type ItemSink } from './list-body.ts'
import { serverError } from './server-error.ts'
import { isRead, longestBody, longestList, type HttpRequest, type HttpResponse, type Transport } from '../http/transport.ts'

export { createTransport, type Http, type HttpOptions } from '../http/http-client.ts'
export type { ItemSink } from './list-body.ts'

export interface ApiOptions extends HttpOptions {
  /** As it is configured: with a scheme or not. */
  hostname: string
  /** Sent as Cray-Tenant-Name unless empty. */
  tenant?: string
  /**
   * The Authorization header's value. With `fresh`, after a 401, one that wasn't tried yet; undefined where there is
   * none.
   */
  authorization?: (fresh?: boolean) => Promise<string | undefined>
  /** What that is, in words: `the token of jane`. */
  secret?: string
  /** Of our own version, for the User-Agent. */
  version?: string
  /** In place of one made from these options. */
  transport?: Transport | Http
}

/** A request to the service. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/apis/ims/v3/jobs/` and one {@link encodeSegment encoded segment}. */
  path: string
  /** A list is sent as its name with each value. */
  query?: Readonly<Record<string, string | readonly string[]>>
  body?: Value
  /** What the user typed for a field that the server refused: `--link-type s3`. */
  optionOf?: (field: string) => string | undefined
  /** The next command where there is no such thing; the list of its kind unless given. */
  next?: NextStep
}

/** The service, with a user's credentials. */
export interface Api {
  /**
   * Sends a request and reads the answer: undefined for an empty one, a text for one that isn't JSON.
   *
   * @throws ServerError for an answer from 400 up; CliError where there was no answer, or none that can be used.
   */
  send(request: ApiRequest): Promise<Value | undefined>
  /**
   * Sends a request whose answer may be a long list, and gives each item to a taker as it comes, so that the list is
   * never there as a whole. An answer that breaks off is asked for again, with another taker.
   *
   * @returns the taker that was given a whole list; what `send` returns where the answer is no long list.
   */
  sendForList<T extends ItemSink>(request: ApiRequest, open: () => T): Promise<{ list: T } | { value: Value | undefined }>
  /** Ends held connections. */
  close(): Promise<void>
}

/** @throws CliError (the connection error) for a hostname that is no address, and a tenant that can't be sent. */
export function connect(options: ApiOptions): Api {
  const address = parseAddress(options.hostname)
  const { authorization = async () => undefined, signal } = options
  const transport: Transport & Partial<Http> = options.transport ?? createTransport(options)
  const headers: Record<string, string> = {
    'User-Agent': options.version ? `cray-ims/${options.version}` : 'cray-ims',
    Accept: '*/*',
    'Accept-Encoding': acceptEncoding,
    ...(options.tenant ? { 'Cray-Tenant-Name': sendableTenant(options.tenant) } : {}),
  }

  async function exchange(request: HttpRequest): Promise<HttpResponse> {
    const credentials = async (fresh?: boolean): Promise<Credentials> => {
      const token = await authorization(fresh)
      if (token !== undefined) return { value: sendableCredentials(token), secret: options.secret ?? 'the token' }
      return { value: address.authorization, secret: 'the password of the hostname' }
    }
    const first = await credentials()
    const response = await transport(authorized(request, first))
    if (response.status !== 401 || first.value === undefined) return response
    // A 401 did nothing, so that also a write may be sent again.
    const second = await credentials(true)
    return second.value === undefined || second.value === first.value ? response : transport(authorized(request, second))
  }

  async function sendRequest({ method, path, query, body, optionOf, next }: ApiRequest, collect?: HttpRequest['collect']) {
    const url = urlFor(address, path, query)
    const content: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const request: HttpRequest = {
      method,
      url,
      headers: { ...headers, ...content },
      body: body === undefined ? undefined : writeJson(body),
      collect,
      longest: isList(url.pathname) ? longestList : longestBody,
    }
    signal?.throwIfAborted()
    const response = await exchange(request).catch(async (error: unknown) => {
      if (signal?.aborted && error === signal.reason) throw interrupted(error, request)
      throw await explainOf(transport, error, request)
    })
    if (response.status >= 400) throw serverError(response, { method, url, optionOf, next })
    if (response.status < 200 || response.status >= 300) {
      throw new CliError(`Error received from server: ${response.status} ${response.reason}`.trimEnd(), {
        more: [statusLine(response.status, request)],
      })
    }
    return { request, response }
  }

  async function send(asked: ApiRequest): Promise<Value | undefined> {
    const { request, response } = await sendRequest(asked)
    return readAnswer(response, request)
  }

  return {
    send,
    async sendForList(asked, open) {
      let list = undefined as ListBody<ReturnType<typeof open>> | undefined
      const { request, response } = await sendRequest(asked, (head) => (list = listBody(head, open)))
      if (!list?.begun()) return { value: readAnswer(response, request) }
      endList(list, response, request)
      return list.refused() ? { value: await send(asked) } : { list: list.taker }
    },
    close: async () => (isHttp(transport) ? transport.close() : undefined),
  }
}

interface Credentials {
  /** Of the Authorization header. */
  value: string | undefined
  /** What it is, in words. */
  secret: string
}

function authorized(request: HttpRequest, { value, secret }: Credentials): HttpRequest {
  return value === undefined ? request : { ...request, headers: { ...request.headers, Authorization: value }, secret }
}

function interrupted(reason: unknown, request: HttpRequest): unknown {
  if (!(reason instanceof CliError) || isRead(request)) return reason
  const { lines, next } = mayHaveHappened(request)
  return new CliError(reason.message, {
    exit: reason.exit,
    more: [...reason.more, ...lines],
    next: reason.next ?? next,
    inDoubt: true,
    cause: reason,
  })
}

/**
 * An id as one segment of a path. (The original pastes it as it is: `images delete ../images` deletes every image.)
 *
 * @throws CliError for an id that is empty, `.` or `..`: it would name another path.
 */
export function encodeSegment(id: string, argument = 'ID'): string {
  // A program of JavaScript may give anything.
  if (typeof id !== 'string') throw usageError(`Invalid value for '${argument}': ${String(id)} is not an id.`)
  if (id === '' || id === '.' || id === '..') {
    throw usageError(`Invalid value for '${argument}': ${id === '' ? 'the id is empty (unset variable?)' : `'${id}' is not an id`}.`)
  }
  // Through a buffer, for that puts U+FFFD in place of half a surrogate pair, which can't be encoded.
  return encodeURIComponent(Buffer.from(id).toString())
}

// What HTTP takes, and the original sends: Latin-1 without control characters, not starting with white space.
const sendable = /^(?!\s)[\t\x20-\x7e\xa0-\xff]*$/

function sendableTenant(tenant: string): string {
  if (sendable.test(tenant)) return tenant
  const why = `The tenant ${JSON.stringify(tenant)} cannot be sent in a header`
  const details = { next: ['config', 'set', 'core', 'tenant=NAME'] }
  if (/[^\x00-\xff]/.test(tenant)) throw new CliError(`${why}: it has characters beyond Latin-1.`, details)
  throw connectionError([`${why}: it starts with white space or has control characters.`], details)
}

function sendableCredentials(authorization: string): string {
  if (sendable.test(authorization)) return authorization
  throw connectionError(['The token cannot be sent: it has characters that no header may have.'], { next: ['auth', 'login'] })
}
