import { CliError, type NextStep } from '../errors.ts'
import { readJson } from '../json/read.ts'
import type { Value } from '../json/value.ts'
import { statusLine, type RequestInfo } from '../http/request-info.ts'
import { mayHaveHappened } from './resource-paths.ts'
import { textOf } from './response-text.ts'
import type { ListBody, ItemSink } from './list-body.ts'
import { excerpt, printable } from '../text/printable.ts'
import { isRead, type HttpResponse } from '../http/transport.ts'

/**
 * What a 2xx response says: undefined for 204 or an empty body; JSON where it parses, whatever its type; else text.
 *
 * @throws CliError for a web page, and for what says it is JSON and isn't.
 */
export function readAnswer(response: HttpResponse, asked: RequestInfo): Value | undefined {
  if (response.status === 204 || response.body.length === 0) return undefined
  const type = mediaType(response)
  const text = textOf(response)
  if (type === 'text/html' || type === 'application/xhtml+xml') {
    throw noAnswer('The server sent a web page, not an answer of IMS', text, response, asked, ['config', 'get', 'core.hostname'])
  }
  try {
    return readJson(text)
  } catch (error) {
    if (!/[/+]json$/.test(type)) return text
    throw notJson(error, text, response, asked)
  }
}

/**
 * Makes sure of an answer whose items were taken as they came.
 *
 * @throws CliError for what says it is JSON and isn't.
 */
export function endList(list: ListBody<ItemSink>, response: HttpResponse, asked: RequestInfo): void {
  try {
    list.end()
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw notJson(error, list.head(), response, asked)
  }
}

function notJson(error: unknown, text: string, response: HttpResponse, asked: RequestInfo): CliError {
  return noAnswer(`The server's answer is not the JSON that it says it is: ${printable((error as Error).message)}`, text, response, asked)
}

function noAnswer(message: string, text: string, { status }: HttpResponse, asked: RequestInfo, next?: NextStep) {
  const happened = mayHaveHappened(asked)
  return new CliError(message, {
    more: [`  ${excerpt(text)}`, statusLine(status, asked), ...happened.lines],
    next: next ?? happened.next,
    inDoubt: !isRead(asked),
  })
}

function mediaType({ headers }: HttpResponse): string {
  return (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
}
