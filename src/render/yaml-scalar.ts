/** Texts are folded once they pass this column. */
const width = 80

/** The commonest texts, which are plain whatever the column: one word that reads as nothing else, or a UUID. */
const word = /^(?:(?!(?:true|True|TRUE|false|False|FALSE|null|Null|NULL)$)[A-Za-z/]|[0-9a-f]{8}-[0-9a-f]{4}-)[\w\-./+=@]*$/

const notPlain = new RegExp(
  [
    '^$',
    '^[ ,[\\]{}#&*!|>\'"%@`]',
    '^[-?:](?: |$)',
    '^(?:---|\\.\\.\\.)',
    ': ',
    ' #',
    '[: ]$',
    '[^ -~\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\u{10000}-\\u{10ffff}]',
  ].join('|'),
  'u',
)

/** What YAML 1.2 as ruamel.yaml knows it (with underscores and timestamps) reads as something other than text. */
const otherThanText = new RegExp(
  [
    'true|True|TRUE|false|False|FALSE|null|Null|NULL|~|=|<<',
    '[-+]?0b[01_]+|[-+]?0o?[0-7_]+|(?!_)[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+',
    '[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+',
    '[-+]?\\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)',
    '[0-9]{4}-[0-9]{2}-[0-9]{2}',
    '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \\t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]*)?' +
      '(?:[ \\t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?',
  ]
    .map((pattern) => `^(?:${pattern})$`)
    .join('|'),
)

/** A quote or newline, a special character, or a space next to a line break: never in single quotes. */
const needsDouble = /['\n]|[^ -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]| [\x85\u2028\u2029]|[\x85\u2028\u2029] /u

/** What breaks lines besides the newline, as YAML 1.1 has it. */
const otherBreaks = /[\x85\u2028\u2029]/

const escapes: Readonly<Record<number, string>> = {
  0x00: '0',
  0x07: 'a',
  0x08: 'b',
  0x09: 't',
  0x0a: 'n',
  0x0b: 'v',
  0x0c: 'f',
  0x0d: 'r',
  0x1b: 'e',
  0x22: '"',
  0x5c: '\\',
  0x85: 'N',
  0x2028: 'L',
  0x2029: 'P',
}

/** Whether the text is one word that can be written as it is, at any column. A quick test: no is no answer. */
export function isPlain(text: string): boolean {
  return word.test(text)
}

/**
 * The text as a YAML scalar: plain if that reads back as the same text, else in quotes; by the rules of PyYAML's
 * and ruamel.yaml's emitter.
 *
 * @param column where its first character will stand
 * @param indent where its further lines will start; without it the text stays on one line
 */
export function writeScalar(text: string, column: number, indent?: number): string {
  if (!notPlain.test(text) && !(/^[-+.\dtTfFnN~=<]/.test(text) && otherThanText.test(text))) {
    return fold(text, column, indent)
  }
  return needsDouble.test(text) ? double(text, column, indent) : `'${fold(text, column + 1, indent)}'`
}

/** Breaks the text at single spaces past the width; line breaks other than the newline stay and are indented. */
function fold(text: string, column: number, indent: number | undefined): string {
  if (indent === undefined || (column + text.length <= width && !otherBreaks.test(text))) return text
  const pad = ' '.repeat(indent)
  let folded = ''
  let start = 0
  for (const { 0: run, index } of text.matchAll(/[\x85\u2028\u2029]+|$/g)) {
    const end = index
    for (let at = start; ;) {
      at = text.indexOf(' ', Math.max(at, start + width + 1 - column))
      if (at < 0 || at >= end) break
      const alone = at > 0 && at + 1 < text.length && text[at - 1] !== ' ' && text[at + 1] !== ' '
      if (alone && column + columns(text.slice(start, at)) > width) {
        folded += `${text.slice(start, at)}\n${pad}`
        start = at + 1
        column = indent
      }
      at++
    }
    folded += text.slice(start, end) + run + (run === '' ? '' : pad)
    start = end + run.length
    column = indent
  }
  return folded
}

function columns(text: string): number {
  let count = text.length
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) count--
  return count
}

function double(text: string, column: number, indent: number | undefined): string {
  const turn = `\\\n${' '.repeat(indent ?? 0)}`
  let quoted = '"'
  let start = 0
  column++
  for (let end = 0, size: number; end < text.length; end += size) {
    const code = text.codePointAt(end) ?? 0
    size = code > 0xffff ? 2 : 1
    const escaped = escapes[code] !== undefined || !isRaw(code)
    if (escaped) {
      const escape = escapeCode(code)
      quoted += text.slice(start, end) + escape
      column += end - start + escape.length
      start = end + size
    }
    // The emitter counts one column less right after an escape; the bytes depend on it.
    const pending = escaped ? -1 : end - start
    const foldable = indent !== undefined && end > 0 && end + size < text.length && (escaped || code === 0x20 || start === end)
    if (!foldable || column + pending <= width) continue
    quoted += text.slice(start, end) + turn
    start = Math.max(start, end)
    column = indent
    if (text.charCodeAt(start) === 0x20) {
      quoted += '\\'
      column++
    }
  }
  return `${quoted}${text.slice(start)}"`
}

function isRaw(code: number): boolean {
  return (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
}

function escapeCode(code: number): string {
  const short = escapes[code]
  if (short !== undefined) return '\\' + short
  const digits = code.toString(16).toUpperCase()
  if (code <= 0xff) return '\\x' + digits.padStart(2, '0')
  return code <= 0xffff ? '\\u' + digits.padStart(4, '0') : '\\U' + digits.padStart(8, '0')
}
