import { compile, TreeInterpreter } from '@jmespath-community/jmespath'
import type { NumberText, Value } from '../json/value.ts'

/** A node of a JMESPath expression. */
export type Node = ReturnType<typeof compile>

type Interpreter = typeof TreeInterpreter

/** What the interpreter works on: JSON data, where a number of the source is a symbol. */
type Data = unknown

/** Functions whose numbers are new ones; those of the others are from the data. */
const computing = new Set(['abs', 'avg', 'ceil', 'floor', 'find_first', 'find_last', 'length', 'sum'])

/**
 * Finds what the expression selects.
 *
 * The library knows numbers as JavaScript has them, which would lose `1.0` and large integers, and objects that
 * reorder keys like `"10"`. So it gets each number as a symbol that carries its text, which its selecting parts
 * pass on untouched; those that look into numbers (comparisons, arithmetic, functions) are given plain ones. An
 * object that comes out as it went in is the source's own Map.
 */
export function search(tree: Node, value: Value): Value {
  const sources = new Map<object, Value>()
  const plains = new Map<object, object>()
  const origins = new Map<object, object>()
  const texts = new Map<number, symbol>()
  // How deep in the arguments of functions, where all numbers are plain ones.
  let inside = 0

  const interpreter = adapt(new (TreeInterpreter.constructor as new () => Interpreter)())
  return toValue(interpreter.search(tree, toData(value) as never))

  function adapt(own: Interpreter): Interpreter {
    const visit = own.visit.bind(own)
    const withScope = own.withScope.bind(own)
    own.withScope = scope => adapt(withScope(scope))
    own.visit = (node, data) => {
      const found = visitNode(node)
      return (inside > 0 ? toPlain(found) : found) as never

      function visitNode(node: Node): Data {
        if (node.type === 'Comparator' || node.type === 'Arithmetic') {
          return visit({ ...node, left: literal(node.left), right: literal(node.right) }, data)
        }
        if (node.type === 'Unary') return visit({ ...node, operand: literal(node.operand) }, data)
        if (node.type !== 'Function') return visit(node, data)
        const call = { ...node, children: node.children.map(literal) }
        inside++
        try {
          const result = visit(call, data)
          return inside > 1 ? result : fromPlain(result, !computing.has(node.name))
        } finally {
          inside--
        }
      }

      function literal(operand: Node): Node {
        if (operand.type === 'ExpressionReference') return operand
        return { type: 'Literal', value: toPlain(own.visit(operand, data)) as never }
      }
    }
    return own
  }

  function toData(item: Value): Data {
    if (typeof item !== 'object' || item === null) return item
    if (Array.isArray(item)) return item.map(toData)
    if (!(item instanceof Map)) return Symbol(item.number)
    const data = record([...item].map(([key, member]) => [key, toData(member)]))
    sources.set(data, item)
    return data
  }

  function toPlain(data: Data): Data {
    if (typeof data === 'symbol') {
      const number = Number(data.description)
      texts.set(number, data)
      return number
    }
    if (typeof data !== 'object' || data === null || origins.has(data) || 'expref' in data) return data
    let plain = plains.get(data)
    if (plain === undefined) {
      plain = Array.isArray(data) ? data.map(toPlain) : record(Object.entries(data).map(([key, item]) => [key, toPlain(item)]))
      plains.set(data, plain)
      origins.set(plain, data)
    }
    return plain
  }

  function fromPlain(plain: Data, selected: boolean): Data {
    if (typeof plain === 'number') return (selected && texts.get(plain)) || plain
    if (typeof plain !== 'object' || plain === null) return plain
    const origin = origins.get(plain)
    if (origin !== undefined) return origin
    if (Array.isArray(plain)) return plain.map(item => fromPlain(item, selected))
    return record(Object.entries(plain).map(([key, item]) => [key, fromPlain(item, selected)]))
  }

  function toValue(data: Data): Value {
    if (typeof data === 'symbol') return { number: data.description ?? '' }
    if (typeof data === 'number') return { number: String(data) } satisfies NumberText
    if (typeof data === 'string' || typeof data === 'boolean') return data
    if (typeof data !== 'object' || data === null) return null
    if (Array.isArray(data)) return data.map(toValue)
    const item = origins.get(data) ?? data
    return sources.get(item) ?? new Map(Object.entries(item).map(([key, member]) => [key, toValue(member)]))
  }
}

/** An object that inherits nothing and lists its keys in the order given. */
function record(entries: [string, Data][]): object {
  const target: Record<string, Data> = Object.create(null)
  for (const [key, item] of entries) target[key] = item
  const keys = entries.map(([key]) => key)
  return keys.some(key => /^\d+$/.test(key)) ? new Proxy(target, { ownKeys: () => keys }) : target
}
