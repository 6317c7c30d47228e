/**
 * What a terminal acts on rather than shows, or shows in another place: control characters, line and paragraph
 * separators, marks of direction, invisible characters, and halves of surrogate pairs.
 */
const acting =
  /[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udfff]/g

/**
 * Text from outside as one line that a terminal only shows: what would move its cursor, colour, hide or reorder it, and
 * the end of a line, is written as `\x1b`, `\n` or `\u202e`. Tabs stay.
 */
export function printable(text: string): string {
  return /^[\t\x20-\x7e]*$/.test(text) ? text : text.replace(acting, escape)
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(withoutReturns(line)))
    .join('\n')
}

function withoutReturns(line: string): string {
  let end = line.length
  while (line[end - 1] === '\r') end--
  return line.slice(0, end)
}

/** Text that neither ends its line nor leaves its column, also in a pipe: control characters are written as `\n`, `\t`, `\x1b`. */
export function singleLine(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, escape)
}

/** The head of a text, on one line. */
export function excerpt(text: string, length = 200): string {
  const line = printable(
    text
      .slice(0, length * 8)
      .replace(/\s+/g, ' ')
      .trim(),
  )
  return line.length > length ? `${line.slice(0, length)}…` : line
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escape(found: string): string {
  if (short[found]) return short[found]
  const code = found.codePointAt(0)!
  if (code > 0xffff) return `\\u{${code.toString(16)}}`
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
