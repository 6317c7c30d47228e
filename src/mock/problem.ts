import { STATUS_CODES } from 'node:http'
import { answer, plain, type Answer } from './answer.ts'
import { spacedText } from './json-text.ts'
import type { Errors } from './validation.ts'

/** Thrown by a handler that answers with an error. */
export class Refused extends Error {
  readonly answer: Answer

  constructor(refusal: Answer) {
    super(refusal.reason)
    this.name = 'Refused'
    this.answer = refusal
  }
}

/** Problem details (RFC 7807) as the service sends them: no newline at the end, `errors` by field. */
export function problem(status: number, detail: string | undefined, more: { title?: string; errors?: Errors } = {}): Answer {
  const { title = STATUS_CODES[status], errors } = more
  const body = { status, title, ...(detail !== undefined && { detail }), ...(errors && { errors }) }
  return answer(status, spacedText(body), { 'Content-Type': 'application/problem+json' })
}

export const notFound = (): Answer => problem(404, 'Requested resource does not exist. Re-run request with valid ID.')

export const noSuchPath = (): Answer =>
  problem(404, 'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.')

export const noInput = (): Answer =>
  problem(
    400,
    'No input provided. Determine the specific information that is missing or invalid and then re-run the request with valid information.',
  )

export const invalid = (errors: Errors): Answer =>
  problem(
    422,
    'Input data was understood, but failed validation. Re-run request with valid input values for the fields indicated in the response.',
    { errors },
  )

export const conflict = (): Answer =>
  problem(409, 'Requested resource exists, but cannot be patched due to a patch conflict. Re-run request with valid input values.')

/** Flask-RESTful's own errors, of requests that no handler saw, and of handlers that crashed. */
export const message = (status: number, text: string): Answer => plain(status, { message: text })

export const crashed = (): Answer => message(500, 'Internal Server Error')

const wrongMethod = 'The method is not allowed for the requested URL.'

/** @param detailed paths of records have their own text besides Flask-RESTful's */
export const methodNotAllowed = (allowed: readonly string[], detailed: boolean): Answer =>
  plain(
    405,
    { message: wrongMethod, ...(detailed && { status: 405, title: 'Method Not Allowed', detail: wrongMethod }) },
    { Allow: allowed.join(', ') },
  )

/** Flask's own answer to OPTIONS. */
export const methods = (allowed: readonly string[]): Answer =>
  answer(200, '', { 'Content-Type': 'text/html; charset=utf-8', Allow: allowed.join(', ') })
