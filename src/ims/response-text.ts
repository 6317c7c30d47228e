import { isAscii } from 'node:buffer'
import { readJson } from '../json/read.ts'
import type { Value } from '../json/value.ts'
import type { HttpResponse } from '../http/transport.ts'

/** A body's JSON; undefined when it has none. */
export function parseBody(response: HttpResponse): Value | undefined {
  try {
    return readJson(textOf(response))
  } catch {
    return undefined
  }
}

/** A body's text, in the charset it was declared in; UTF-8 unless it was. A byte order mark is left out. */
export function textOf({ headers, body }: HttpResponse): string {
  const declared = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase()
  if (declared === 'iso-8859-1' || declared === 'latin1' || declared === 'latin-1') return body.toString('latin1')
  // Most answers are all ASCII, which need no decoding.
  if ((declared === undefined || declared === 'utf-8') && isAscii(body)) return body.toString('latin1')
  return decoder(declared ?? marked(body)).decode(body)
}

function marked(body: Buffer): string {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le'
  return body[0] === 0xfe && body[1] === 0xff ? 'utf-16be' : 'utf-8'
}

function decoder(charset: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset)
  } catch {
    return new TextDecoder()
  }
}
