import { compile, getRegisteredFunctions } from '@jmespath-community/jmespath'
import { usageError } from '../errors.ts'
import { isNumber, type Value } from '../json/value.ts'
import { numberText } from './number.ts'
import type { Write } from './pieces.ts'
import { search, type Node } from './query-search.ts'
import { render, type Format } from './render.ts'

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

/**
 * What the query finds in the value: a scalar bare, a list of scalars one a line, anything else in the format; an
 * empty list is no line. Whole lines are written.
 *
 * @param show what is written for a bare text.
 * @returns whether anything was found: null is nothing.
 *
 * @throws CliError of the command line, when the expression doesn't fit the value.
 */
export async function runQuery(query: Query, value: Value, format: Format, write: Write, show = (text: string) => text): Promise<boolean> {
  const found = find(query, value)
  if (found === null) return false
  const line = (item: Exclude<Value, Value[] | Map<string, Value>>) => `${isNumber(item) ? numberText(item) : show(String(item))}\n`
  if (isScalar(found)) write(line(found))
  else if (Array.isArray(found) && found.every(isScalar)) found.forEach((item) => write(line(item)))
  else {
    await render(found, format, write)
    write('\n')
  }
  return true
}

function find({ expression, tree }: Query, value: Value): Value {
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

function isScalar(item: Value): item is Exclude<Value, Value[] | Map<string, Value>> {
  return item === null || typeof item !== 'object' || isNumber(item)
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
