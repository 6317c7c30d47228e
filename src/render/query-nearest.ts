import { isSimilar } from '../text/similarity.ts'
import type { Value } from '../json/value.ts'
import { isScalar } from './cell.ts'
import { compileQuery, runQuery } from './query.ts'

/** A step of a path: a field, an index or all items. */
const step = /"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|\[(?:-?\d+|\*)?\]/y

/** How many keys are named of a record that hasn't the one asked for. */
const namedKeys = 16

/** How many steps of a path may be wrong before nothing is made of it. */
const mostWrong = 3

/**
 * Why a query found nothing, and the nearest path that finds something: `the answer is a list; try '[0].id'`.
 *
 * @param expression one that finds nothing in the value.
 */
export function nearestPath(expression: string, value: Value): string {
  if (value === null) return 'the answer is empty'
  const steps = stepsOf(expression)
  if (!steps) return 'no part of the answer fits it'
  const { why, near } = mend(steps, value, mostWrong)
  return near ? `${why}; try '${textOf(near)}'` : why
}

/** Why a path finds nothing, and one like it that does. */
function mend(steps: readonly string[], value: Value, tries: number): { why: string; near?: readonly string[] } {
  const existing = steps.findLastIndex((_, at) => find(steps.slice(0, at + 1), value) !== null) + 1
  const [before, missing, after] = [steps.slice(0, existing), steps[existing]!, steps.slice(existing + 1)]
  const here = before.length === 0 ? value : find(before, value)!
  const { why, others } = explain(here, missing)
  const paths = others.map((other) => [...before, ...other, ...after]).filter((path) => path.length > 0)
  const near = paths.find((path) => isSomething(find(path, value)))
  const nearest =
    near ??
    (tries > 1
      ? paths.map((path) => (find(path, value) === null ? mend(path, value, tries - 1).near : undefined)).find(Boolean)
      : undefined)
  return { why: `${before.length === 0 ? 'the answer' : textOf(before)} ${why}`, near: nearest }
}

/** What is there in place of a step, and what might be meant by it. */
function explain(here: Value, missing: string): { why: string; others: readonly (readonly string[])[] } {
  const isIndex = missing.startsWith('[')
  if (Array.isArray(here)) {
    if (here.length === 0) return { why: 'is an empty list', others: [] }
    if (isIndex) return { why: `is a list of ${here.length}`, others: [] }
    // Whoever knows how lists are printed as TOML asks for `results`.
    return { why: 'is a list', others: [[], ['[]', missing], ['[0]', missing]] }
  }
  if (!(here instanceof Map)) return { why: `is ${here === null ? 'null' : 'a single value'}`, others: [] }
  if (isIndex) return { why: 'is one record, not a list', others: [[]] }
  const key = missing.startsWith('"') ? (JSON.parse(missing) as string) : missing
  if (here.get(key) === null) return { why: `has no ${key}: it is null`, others: [] }
  const similar = [...here.keys()].filter((known) => known.startsWith(key) || isSimilar(key, known))
  const keys = [...here.keys()]
  const known = keys.length > namedKeys ? `${keys.slice(0, namedKeys).join(', ')}, …` : keys.join(', ')
  return similar.length > 0
    ? { why: `has no ${key}`, others: similar.map((name) => [quoted(name)]) }
    : { why: `has no ${key}${known ? `; it has ${known}` : ''}`, others: [] }
}

/** The steps of a path; undefined for an expression that is more than that. */
function stepsOf(expression: string): string[] | undefined {
  const text = expression.trim()
  const steps: string[] = []
  for (let at = 0; at < text.length;) {
    step.lastIndex = at
    const found = step.exec(text)?.[0]
    if (found === undefined) return undefined
    steps.push(found)
    at += found.length
    if (text[at] === '.' && at + 1 < text.length) at++
    else if (at < text.length && text[at] !== '[') return undefined
  }
  return steps.length > 0 ? steps : undefined
}

const textOf = (steps: readonly string[]) => steps.map((one, at) => (at > 0 && !one.startsWith('[') ? `.${one}` : one)).join('')

const quoted = (key: string) => (/^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key))

function find(steps: readonly string[], value: Value): Value {
  try {
    return runQuery(compileQuery(textOf(steps)), value)
  } catch {
    return null
  }
}

/** Whether something was found: a list of nothing is nothing. */
function isSomething(found: Value): boolean {
  if (Array.isArray(found)) return found.some((item) => !isScalar(item) || item !== null)
  return found !== null
}
