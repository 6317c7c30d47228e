import { CliError, type CliErrorDetails, type NextStep } from '../errors.ts'
import { writeJson } from '../json/write.ts'
import type { Value, ValueMap } from '../json/value.ts'
import { reasonPhrase, statusLine, type RequestInfo } from '../http/request-info.ts'
import { listCommand, mayHaveHappened, namesOne } from './resource-paths.ts'
import { parseBody, textOf } from './response-text.ts'
import { excerpt, printable } from '../text/printable.ts'
import type { HttpResponse } from '../http/transport.ts'

/** What a server has against one field of a request. */
export interface FieldProblems {
  /** The field's path: `link.type`, `ssh_containers.0.jail`; empty for the request as a whole. */
  field: string
  problems: string[]
}

/** The server answered with an error. */
export class ServerError extends CliError {
  /** HTTP status, from 400 up. */
  readonly status: number
  /** What a 422 has against the request's fields. */
  readonly fields: readonly FieldProblems[]
  /** The service itself says so, in a problem of its own; else it may be the gateway before it. */
  readonly ofService: boolean

  constructor(message: string, details: CliErrorDetails & { status: number; fields: readonly FieldProblems[]; ofService: boolean }) {
    super(message, details)
    this.name = 'ServerError'
    this.status = details.status
    this.fields = details.fields
    this.ofService = details.ofService
  }
}

/** Whether the service says that there is no such record, or none any more. A gateway's 404 doesn't. */
export function isGone(error: unknown): error is ServerError {
  return error instanceof ServerError && error.status === 404 && error.ofService
}

/** A request, and what its sender knows of how it was typed. */
export interface Typed extends RequestInfo {
  /** What the user typed for a field: `--link-type s3`; undefined where it was nothing. */
  optionOf?: (field: string) => string | undefined
  /** The next command after a 404; the list of the same kind unless given. */
  next?: NextStep
}

/** More of a message than this many characters is nothing that a person reads. */
const longestMessage = 8192

/** The failure that an answer from 400 up means, in the original's words, with more below. */
export function serverError(response: HttpResponse, asked: Typed): ServerError {
  const body = parseBody(response)
  const map = body instanceof Map ? body : undefined
  const fields = fieldProblems(map ? map.get('errors') : Array.isArray(body) ? body : undefined)
  const { lines, next } = advice(response, map, asked)
  const more = [...fieldLines(fields, asked.optionOf), ...remark(response, map), statusLine(response.status, asked), ...lines]
  const [message = '', ...below] = messageOf(response, map).slice(0, longestMessage).split(/\r*\n/).map(printable)
  return new ServerError(message, {
    status: response.status,
    fields,
    ofService: isProblem(map),
    more: [...below.map((line) => `  ${line}`), ...more],
    next,
  })
}

// RFC 7807, as the service's own errors are: `title` and `detail`, `status` or both.
function isProblem(body: ValueMap | undefined): boolean {
  return body !== undefined && body.has('title') && (body.has('detail') || body.has('status'))
}

function messageOf({ status, reason }: HttpResponse, body: ValueMap | undefined): string {
  if (body?.has('title') && body.has('detail')) {
    const parts = ['title', 'detail'].map((key) => text(body.get(key))).filter((part) => part !== undefined)
    if (parts.length > 0) return parts.join(': ')
  }
  const answer = `Error received from server: ${status} ${reason || reasonPhrase(status) || ''}`.trimEnd()
  return body?.has('e') && body.has('err_msg') ? `${answer}: ${text(body.get('err_msg')) ?? ''}` : answer
}

function text(value: Value | undefined): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  // Several messages; the original shows them as Python prints a list.
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join('; ')
  return writeJson(value)
}

/** The `errors` map of a problem, whose maps and lists may be nested, field by field. */
export function fieldProblems(errors: Value | undefined): FieldProblems[] {
  const found = new Map<string, string[]>()
  const add = (field: string, problem: string) => {
    const known = found.get(field)
    if (known) known.push(printable(problem))
    else found.set(field, [printable(problem)])
  }
  const walk = (value: Value, field: string): void => {
    if (value instanceof Map) {
      for (const [key, inner] of value) walk(inner, join(field, key))
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => walk(item, item instanceof Map || Array.isArray(item) ? join(field, String(index)) : field))
    } else {
      add(printable(field), text(value) ?? 'not valid')
    }
  }
  if (errors !== undefined && errors !== null) walk(errors, '')
  return [...found].map(([field, problems]) => ({ field, problems }))
}

// marshmallow, which the service checks with, has `_schema` for a record as a whole, and maps with indices for lists.
function join(field: string, key: string): string {
  if (key === '_schema') return field
  return field ? `${field}.${key}` : key
}

/** More lines than these are nothing that a person reads. */
const mostLines = 100

function fieldLines(fields: readonly FieldProblems[], optionOf: Typed['optionOf']): string[] {
  const labelled = fields
    .slice(0, mostLines)
    .map(({ field, problems }) => ({ label: excerpt(optionOf?.(field) ?? (field || 'request')), problems }))
  const width = Math.max(0, ...labelled.map(({ label }) => label.length))
  const lines = labelled.flatMap(({ label, problems }) =>
    problems.slice(0, mostLines).map((problem) => `  ${label.padEnd(width)}  ${excerpt(problem, 1000)}`),
  )
  const shown = lines.slice(0, mostLines)
  const count = fields.reduce((sum, { problems }) => sum + problems.length, 0)
  return count > shown.length ? [...shown, `  and ${count - shown.length} more`] : shown
}

// What the server says besides: a Flask error's `message`, or the text of an answer that is neither JSON nor a page.
function remark(response: HttpResponse, body: ValueMap | undefined): string[] {
  if (body) {
    const message = body.has('detail') ? undefined : text(body.get('message'))
    return message ? [`  ${excerpt(message)}`] : []
  }
  const said = /^text\/plain\b/i.test(response.headers['content-type'] ?? '') ? excerpt(textOf(response)) : ''
  return said ? [`  ${said}`] : []
}

function advice({ status, proxy }: HttpResponse, body: ValueMap | undefined, asked: Typed): { lines: readonly string[]; next?: NextStep } {
  const { method, url } = asked
  switch (status) {
    case 401:
      return { lines: [], next: ['auth', 'login'] }
    case 403:
      return {
        lines: [
          'The token may be one of another network, or of a user who lacks the role.',
          ...(proxy ? [`Or it is ${proxy} that refuses.`] : []),
        ],
        next: ['config', 'get', 'core.hostname'],
      }
    case 404:
      // The service names what is missing; a gateway that doesn't expose it says nothing.
      if (!body) return { lines: ['IMS may not be reachable on this network.'], next: asked.next ?? ['config', 'get', 'core.hostname'] }
      return { lines: [], next: asked.next ?? (namesOne(url.pathname) ? listCommand(url.pathname) : undefined) }
    case 502:
    case 503:
    case 504: {
      const { lines, next } = mayHaveHappened({ method, url })
      const why = status === 503 ? 'The gateway or IMS is restarting or busy.' : 'The gateway got no answer from IMS.'
      return { lines: [...lines, `${why} Try again in a while.`], next }
    }
    case 415: {
      // The service's words for a change without anything in it are about a Content-Type.
      const [group, verb] = (method === 'PATCH' && listCommand(url.pathname)) || []
      if (group === undefined || verb !== 'list') return { lines: [] }
      return { lines: ['The update names nothing to change.'], next: [group, 'update', '--help'] }
    }
    case 429:
      return { lines: ['The gateway or IMS is busy. Try again in a while.'] }
    default:
      return { lines: [] }
  }
}
