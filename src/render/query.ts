import { compile, getRegisteredFunctions } from '@jmespath-community/jmespath'
import { isRecordFormat } from '../definitions/formats.ts'
import { usageError } from '../errors.ts'
import { isNumber, type Value } from '../json/value.ts'
import { singleLine } from '../text/printable.ts'
import { isScalar, plainText } from './cell.ts'
import { numberText } from './number.ts'
import type { Write } from './pieces.ts'
import { search, type Node } from './query-search.ts'
import { renderResult, type Format, type Layout } from './render.ts'

/** A JMESPath expression that was found to be right. */
export interface Query {
  readonly expression: string
  readonly tree: Node
}

/**
 * Reads a JMESPath expression.
 *
 * @throws CliError of the command line, when it isn't one or calls a function that doesn't exist.
 */
export function compileQuery(expression: string): Query {
  try {
    refuseUnclosed(expression)
    // `word` is the text, as in jmespath.py and all that is made with it.
    const tree = mend(compile(expression, { enable_legacy_literals: true }) as Node)
    return { expression, tree }
  } catch (error) {
    throw queryFailure(expression, error)
  }
}

/** How what a query finds is printed. */
export interface QueryOutput {
  readonly format: Format
  /** The format was asked for on the command line, and not just found in the environment or the configuration. */
  readonly typed: boolean
  readonly layout?: Layout
  readonly write: Write
  /** What is written for a bare text; the text itself unless given. */
  readonly show?: (text: string) => string
}

/**
 * Prints what a query found, in whole lines: a scalar bare, a list of scalars one a line, a list of lists as rows with
 * tabs, anything else in the format. An empty list is no line. Where JSON or YAML was asked for, lists of lists and
 * empty lists are written in it.
 */
export async function printFound(found: Value, { format, typed, layout, write, show = (text) => text }: QueryOutput): Promise<void> {
  const textOf = (item: Scalar) => (isNumber(item) ? numberText(item) : show(String(item)))
  const asked = typed && (format === 'json' || format === 'yaml')
  if (isScalar(found)) return write(`${textOf(found)}\n`)
  if (Array.isArray(found) && !(asked && found.length === 0)) {
    if (found.every(isScalar)) return found.forEach((item) => write(`${textOf(item)}\n`))
    const cellOf = (item: Value) => singleLine(isScalar(item) ? textOf(item) : show(plainText(item)))
    if (!asked && !isRecordFormat(format) && found.every(Array.isArray))
      return found.forEach((row: Value[]) => write(`${row.map(cellOf).join('\t')}\n`))
  }
  await renderResult(found, format, write, layout && { ...layout, selected: true })
}

type Scalar = Exclude<Value, Value[] | Map<string, Value>>

/**
 * What the query finds in the value; null is nothing.
 *
 * @throws CliError of the command line, when the expression doesn't fit the value.
 */
export function runQuery({ expression, tree }: Query, value: Value): Value {
  try {
    return search(tree, value)
  } catch (error) {
    throw queryFailure(expression, error)
  }
}

function queryFailure(expression: string, error: unknown): Error {
  const why = wordsOf(error)
  return usageError(`Invalid value for '--query': ${JSON.stringify(expression)}: ${why}`, {
    more: ['It is a JMESPath expression (https://jmespath.site).'],
    next: ['images', 'list', '--query', '[].name'],
    cause: error,
  })
}

/** The library takes a quote that isn't closed for one that ends with the expression. */
function refuseUnclosed(expression: string): void {
  let open: string | undefined
  for (let at = 0; at < expression.length; at++) {
    const letter = expression[at]!
    if (open === undefined) open = /['"`]/.test(letter) ? letter : undefined
    else if (letter === '\\') at++
    else if (letter === open) open = undefined
  }
  if (open !== undefined) throw new Error(`${open} is not closed`)
}

function wordsOf(error: unknown): string {
  // The library and we go down into an expression by calls.
  if (error instanceof RangeError && /call stack/.test(error.message)) return 'it is nested too deeply'
  if (error instanceof Error && /JSON literal/.test(error.message))
    return "what stands between ` is neither JSON nor a word; a text is written 'text'"
  return error instanceof Error ? error.message.replace(/^syntax( error)?[:,] /i, '') : String(error)
}

/**
 * Checks that functions exist, before anything is sent, and says in other words what the library gets wrong: its
 * `max_by` and `min_by` find nothing by text, its `sort` sorts numbers as text.
 */
function mend(node: Node): Node {
  if (node.type === 'Literal') return node
  const mended = Object.fromEntries(Object.entries(node).map(([name, part]) => [name, mendPart(part)])) as unknown as Node
  if (mended.type !== 'Function') return mended
  const { name, children } = mended
  if (!getRegisteredFunctions().includes(name)) throw new Error(`there is no function ${name}()`)
  if (name === 'max_by') return pick(sortBy(children), -1)
  if (name === 'min_by') return pick(sortBy(children), 0)
  if (name === 'sort' && children.length === 1) {
    return sortBy([...children, { type: 'ExpressionReference', child: { type: 'Current' } }])
  }
  return mended
}

function mendPart(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(mendPart)
  return typeof part === 'object' && part !== null && 'type' in part ? mend(part as Node) : part
}

function sortBy(children: Node[]): Node {
  return { type: 'Function', name: 'sort_by', children }
}

function pick(left: Node, value: number): Node {
  return { type: 'IndexExpression', left, right: { type: 'Index', value } }
}
