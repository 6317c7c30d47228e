import { STATUS_CODES } from 'node:http'
import { statusOf } from './status.ts'

const jsonType = { 'Content-Type': 'application/json' }

/** An answer as it goes over a connection that isn't HTTP's any more. */
export async function rawText(response: Response): Promise<string> {
  const body = await response.text()
  const type = response.headers.get('content-type')
  return `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status]}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
}

/** An object of the API. */
export function json(status: number, data: object): Response {
  return new Response(JSON.stringify(data), { status, headers: jsonType })
}

/** A refusal of the API. */
export function refused(code: number, reason: string, message: string, details: object = {}): Response {
  return new Response(statusOf(code, reason, message, details), { status: code, headers: jsonType })
}

export function notFound(resource: string, name: string): Response {
  return refused(404, 'NotFound', `${resource} "${name}" not found`, { name, kind: resource })
}
