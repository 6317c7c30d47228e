import { isNumber, type NumberText, type Value, type ValueMap } from './value.ts'

/** What followed a key last time. */
interface Habit {
  key: string
  source: string
  value: Value
}

/** Deeper nesting is refused, as the original refuses it, before the stack overflows in here or in a writer. */
const deepest = 1000

const escapes: Readonly<Record<string, string>> = {
  '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t',
}

const words: readonly (readonly [string, Value])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', { number: 'NaN' }],
  ['Infinity', { number: 'Infinity' }],
  ['-Infinity', { number: '-Infinity' }],
]

/**
 * Reads a JSON text as strictly as Python's `json.loads`, which also takes NaN, Infinity and -Infinity. A repeated
 * key keeps its first place and its last value; a lone surrogate written as `\ud83d` stays one.
 *
 * @throws SyntaxError that names line and column, when the text isn't JSON.
 */
export function readJson(text: string): Value {
  let at = 0
  // Looked for once and not in every string: most texts have few of them or none.
  let backslash = position(text.indexOf('\\'))
  let control = -1
  const controls = /[\x00-\x1f]/g
  const habits = new Map<string, Habit>()

  skipSpace()
  const value = readValue(0)
  skipSpace()
  if (at < text.length) fail('the end', at)
  return value

  function position(index: number): number {
    return index < 0 ? Infinity : index
  }

  function fail(expected: string, where: number): never {
    const before = text.slice(0, where)
    const line = before.split('\n').length
    const column = where - before.lastIndexOf('\n')
    throw new SyntaxError(`expected ${expected} at line ${line} column ${column}`)
  }

  function skipSpace(): void {
    for (;;) {
      const code = text.charCodeAt(at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      at++
    }
  }

  function readValue(depth: number): Value {
    const code = text.charCodeAt(at)
    if (code === 0x22) return readString()
    if (code === 0x7b || code === 0x5b) {
      if (depth === deepest) fail(`no more than ${deepest} levels`, at)
      return code === 0x7b ? readObject(depth + 1) : readList(depth + 1)
    }
    return readNumber() ?? readWord()
  }

  function readWord(): Value {
    for (const [word, value] of words) {
      if (text.startsWith(word, at)) {
        at += word.length
        return value
      }
    }
    return fail('a value', at)
  }

  function readObject(depth: number): ValueMap {
    const map: ValueMap = new Map()
    let key = ''
    at++
    skipSpace()
    if (text.charCodeAt(at) === 0x7d) {
      at++
      return map
    }
    for (;;) {
      let habit = habits.get(key)
      if (habit !== undefined && text.startsWith(habit.key, at + 1) && text.charCodeAt(at + 1 + habit.key.length) === 0x22) {
        key = habit.key
        at += key.length + 2
      } else {
        if (text.charCodeAt(at) !== 0x22) fail('a key in double quotes', at)
        const start = at
        const previous = key
        key = readString()
        habit = { key, source: ' ', value: null }
        if (at - start === key.length + 2) habits.set(previous, habit)
      }
      skipSpace()
      if (text.charCodeAt(at) !== 0x3a) fail("':'", at)
      at++
      skipSpace()
      if (text.startsWith(habit.source, at) && endsToken(at + habit.source.length)) {
        at += habit.source.length
        map.set(key, habit.value)
      } else {
        const start = at
        const value = readValue(depth)
        map.set(key, value)
        if (at - start < 25 && (typeof value !== 'object' || isNumber(value) || value === null)) {
          habit.source = text.slice(start, at)
          habit.value = value
        }
      }
      skipSpace()
      const code = text.charCodeAt(at)
      if (code !== 0x2c && code !== 0x7d) fail("',' or '}'", at)
      at++
      if (code === 0x7d) return map
      skipSpace()
    }
  }

  function endsToken(where: number): boolean {
    const code = text.charCodeAt(where)
    return code === 0x2c || code === 0x7d || code === 0x0a || code === 0x20 || code === 0x0d
  }

  function readList(depth: number): Value[] {
    const list: Value[] = []
    at++
    skipSpace()
    if (text.charCodeAt(at) === 0x5d) {
      at++
      return list
    }
    for (;;) {
      list.push(readValue(depth))
      skipSpace()
      const code = text.charCodeAt(at)
      if (code !== 0x2c && code !== 0x5d) fail("',' or ']'", at)
      at++
      if (code === 0x5d) return list
      skipSpace()
    }
  }

  function readString(): string {
    const start = at + 1
    let quote = text.indexOf('"', start)
    if (backslash < start) backslash = position(text.indexOf('\\', start))
    const escaped = backslash < quote
    let decoded = ''
    let from = start
    while (backslash < quote) {
      decoded += text.slice(from, backslash) + readEscape()
      from = at
      if (quote < from) quote = text.indexOf('"', from)
      backslash = position(text.indexOf('\\', from))
    }
    if (quote < 0) fail('the end of the string that starts', start - 1)
    if (control < start) {
      controls.lastIndex = start
      control = position(controls.exec(text)?.index ?? -1)
    }
    if (control < quote) fail('no control character', control)
    at = quote + 1
    return escaped ? decoded + text.slice(from, quote) : text.slice(start, quote)
  }

  /** The character that the escape at `backslash` stands for; moves behind it. */
  function readEscape(): string {
    const letter = text.charAt(backslash + 1)
    at = backslash + 2
    if (letter !== 'u') return escapes[letter] ?? fail('an escape', backslash)
    const digits = text.slice(at, at + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) fail('four hexadecimal digits', at)
    at += 4
    return String.fromCharCode(parseInt(digits, 16))
  }

  function digits(where: number): number {
    let end = where
    for (;;) {
      const code = text.charCodeAt(end)
      if (!(code >= 0x30 && code <= 0x39)) return end
      end++
    }
  }

  function readNumber(): NumberText | undefined {
    const start = at
    const first = text.charCodeAt(at) === 0x2d ? at + 1 : at
    let end = text.charCodeAt(first) === 0x30 ? first + 1 : digits(first)
    if (end === first) return undefined
    if (text.charCodeAt(end) === 0x2e) {
      const fraction = digits(end + 1)
      if (fraction > end + 1) end = fraction
    }
    if ((text.charCodeAt(end) | 0x20) === 0x65) {
      const sign = text.charCodeAt(end + 1)
      const exponent = sign === 0x2b || sign === 0x2d ? end + 2 : end + 1
      if (digits(exponent) > exponent) end = digits(exponent)
    }
    at = end
    return { number: text.slice(start, end) }
  }
}
