import type { NumberText, Value, ValueMap } from './value.ts'

/** A key that followed another, and the scalar it had: its text and what that was read as. */
interface Habit {
  readonly key: string
  source: string
  value: Value
}

/** Values up to this length are worth remembering: `"x86_64"` comes again, an id doesn't. */
const longestHabit = 24

/** Deeper nesting is refused, as the original refuses it, before the stack overflows in here or in a writer. */
const deepest = 1000

/**
 * More values than these in one text are refused. Each takes up to 230 bytes once it is read, but as little as two of its
 * text: a text that is small enough to hold could still become more than memory holds.
 */
export const mostValues = 3_000_000

/** How many keys are remembered. Records have few; what is no record may have a new one every time. */
const mostHabits = 4096

const words: readonly (readonly [string, Value])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', { number: 'NaN' }],
  ['Infinity', { number: 'Infinity' }],
  ['-Infinity', { number: '-Infinity' }],
]

/** What is thrown where a text ends too early and more of it may come: made once, for it is thrown often. */
export const unfinished = new SyntaxError('the text may go on')

/**
 * Reads a JSON text as strictly as Python's `json.loads`, which also takes NaN, Infinity and -Infinity. A repeated
 * key keeps its first place and its last value; a lone surrogate written as `\ud83d` stays one.
 *
 * @throws SyntaxError that names line and column, when the text isn't JSON.
 */
export function readJson(text: string): Value {
  const { goOn, peek, readValue, fail } = createReader()
  goOn(text, true)
  peek()
  const value = readValue(0)
  if (!Number.isNaN(peek())) fail('the end')
  return value
}

/** Reads values of a text that may come bit by bit. */
export interface Reader {
  /** Drops what was read, and goes on with more of the text; whether that is its end. */
  goOn(more: string, last: boolean): void
  /** Skips white space; the code of what comes next, NaN at the end. */
  peek(): number
  step(): void
  /** How much is there that was not read. */
  left(): number
  /** Goes back to where so much was left. */
  backTo(left: number): void
  /** Reads the value that starts here. @throws SyntaxError where it has more than {@link mostValues} others in it. */
  readValue(depth: number): Value
  /** @throws SyntaxError that names line and column; {@link unfinished} where more may come. */
  fail(expected: string, where?: number): never
}

export function createReader(): Reader {
  let text = ''
  let at = 0
  let final = true
  // Where in the whole text this part of it begins.
  let lines = 0
  let columns = 0
  // Looked for once and not in every string: most texts have few of them or none.
  let backslash = Infinity
  let control = -1
  const controls = /[\x00-\x1f]/g
  // By the key before. Records repeat their keys in the same order, and many of their values: comparing with the
  // last one is cheaper than making another string, above all in memory.
  const habits = new Map<string, Habit>()
  let values = 0

  return {
    goOn,
    peek() {
      skipSpace()
      return text.charCodeAt(at)
    },
    step: () => void at++,
    left: () => text.length - at,
    backTo: (left) => void (at = text.length - left),
    readValue(depth) {
      values = 0
      return readValue(depth)
    },
    fail,
  }

  function goOn(more: string, last: boolean): void {
    const newline = at === 0 ? -1 : text.lastIndexOf('\n', at - 1)
    if (newline >= 0) lines += text.slice(0, newline).split('\n').length
    columns = newline < 0 ? columns + at : at - newline - 1
    text = text.slice(at) + more
    at = 0
    final = last
    backslash = position(text.indexOf('\\'))
    control = -1
  }

  function position(index: number): number {
    return index < 0 ? Infinity : index
  }

  function fail(expected: string, where = at): never {
    if (!final) throw unfinished
    return refuse(expected, where)
  }

  /** Fails also where more may come: that would not mend it. */
  function refuse(expected: string, where = at): never {
    const before = text.slice(0, where)
    const line = before.split('\n').length
    const column = where - before.lastIndexOf('\n')
    throw new SyntaxError(`expected ${expected} at line ${lines + line} column ${line === 1 ? columns + column : column}`)
  }

  function count(): void {
    if (++values > mostValues) refuse(`at most ${mostValues} values`)
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
      if (depth === deepest) refuse(`at most ${deepest} levels`)
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
      const habit = readKey(key)
      key = habit.key
      skipSpace()
      if (text.charCodeAt(at) !== 0x3a) fail("':'", at)
      at++
      skipSpace()
      count()
      map.set(key, readMember(habit, depth))
      skipSpace()
      const code = text.charCodeAt(at)
      if (code !== 0x2c && code !== 0x7d) fail("',' or '}'", at)
      at++
      if (code === 0x7d) return map
      skipSpace()
    }
  }

  function readKey(previous: string): Habit {
    const last = habits.get(previous)
    const start = at
    if (last !== undefined && text.startsWith(last.key, at + 1) && text.charCodeAt(at + 1 + last.key.length) === 0x22) {
      at += last.key.length + 2
      return last
    }
    if (text.charCodeAt(at) !== 0x22) fail('a key in double quotes', at)
    const habit: Habit = { key: readString(), source: '', value: null }
    if (at - start === habit.key.length + 2 && habits.size < mostHabits) habits.set(previous, habit)
    return habit
  }

  function readMember(habit: Habit, depth: number): Value {
    const start = at
    if (habit.source !== '' && text.startsWith(habit.source, at)) {
      at += habit.source.length
      if (endsToken()) return habit.value
      at = start
    }
    const value = readValue(depth)
    if (at - start <= longestHabit && !(value instanceof Map) && !Array.isArray(value)) {
      habit.source = text.slice(start, at)
      habit.value = value
    }
    return value
  }

  /** Whether a number or word that ends here could not go on. */
  function endsToken(): boolean {
    const code = text.charCodeAt(at)
    return code === 0x2c || code === 0x7d || code === 0x0a || code === 0x0d || code === 0x20
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
      count()
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
    const start = at
    let quote = text.indexOf('"', start + 1)
    if (backslash < start) backslash = position(text.indexOf('\\', start))
    const escaped = backslash < quote
    while (escaped && isEscaped(quote)) quote = text.indexOf('"', quote + 1)
    if (quote < 0) fail('the end of the string that starts', start)
    at = quote + 1
    if (escaped) return readEscaped(start)
    if (control < start) {
      controls.lastIndex = start
      control = position(controls.exec(text)?.index ?? -1)
    }
    if (control < quote) fail('no control character', control)
    return text.slice(start + 1, quote)
  }

  function isEscaped(quote: number): boolean {
    let before = quote
    while (text.charCodeAt(before - 1) === 0x5c) before--
    return (quote - before) % 2 === 1
  }

  function readEscaped(start: number): string {
    try {
      return JSON.parse(text.slice(start, at)) as string
    } catch {
      return fail('no control character and no unknown escape in the string', start)
    }
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
