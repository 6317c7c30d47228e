import { stripVTControlCharacters } from 'node:util'

/** A server's text as it may be shown: without terminal sequences; control characters but newline and tab as U+FFFD. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}

/** The head of a server's text, on one line. */
export function excerpt(text: string, length = 200): string {
  const line = printable(text).replace(/\s+/g, ' ').trim()
  return line.length > length ? `${line.slice(0, length)}…` : line
}
