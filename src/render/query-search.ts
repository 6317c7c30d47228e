import { type compile, TreeInterpreter } from '@jmespath-community/jmespath'
import type { NumberText, Value } from '../json/value.ts'
import { orderings, orderOf } from './query-order.ts'
import { createSteps, mostSteps, sizeOf } from './query-steps.ts'

/** A node of a JMESPath expression. */
export type Node = ReturnType<typeof compile>

type Interpreter = typeof TreeInterpreter

/** What the interpreter works on: JSON data, where a number of the source is a symbol. */
type Data = unknown

/** Functions whose numbers are new ones; those of the others are from the data. */
const computing = new Set(['abs', 'avg', 'ceil', 'floor', 'find_first', 'find_last', 'length', 'sum'])

/** The library gives the items of a list to a function of JavaScript as arguments, of which there can't be many. */
const mostArguments = 10_000

/** How many steps a new scope is worth: the library makes all its functions anew. */
const newScope = 50

/**
 * Finds what the expression selects.
 *
 * The library knows numbers as JavaScript has them, which would lose `1.0` and large integers, and objects that
 * reorder keys like `"10"`. So it gets each number as a symbol that carries its text, which its selecting parts
 * pass on untouched; those that look into numbers (comparisons, arithmetic, functions) are given plain ones. An
 * object that comes out as it went in is the source's own Map.
 *
 * @throws Error where it doesn't fit the value, and where it takes too long.
 */
export function search(tree: Node, value: Value, most = mostSteps): Value {
  const sources = new Map<object, Value>()
  const plains = new Map<object, object>()
  const origins = new Map<object, object>()
  const texts = new Map<number, symbol>()
  // How deep in the arguments of functions, where all numbers are plain ones.
  let inside = 0
  const { spend, made, given, returned, areEqual } = createSteps(most)

  const interpreter = adapt(new (TreeInterpreter.constructor as new () => Interpreter)())
  return toValue(interpreter.search(tree, toData(value) as never))

  function adapt(own: Interpreter): Interpreter {
    const visit = own.visit.bind(own)
    const withScope = own.withScope.bind(own)
    own.withScope = (scope) => adapt(withScope(scope))
    own.visit = (node, data) => {
      const found = apply(node, data)
      return (inside > 0 ? toPlain(found) : found) as never
    }
    return own

    function apply(node: Node | Remembered, data: Input): Data {
      if (node.type === 'Remembered') return recall(node, data)
      spend(1)
      switch (node.type) {
        case 'Comparator':
          return compare(node.name, plain(node.left, data), plain(node.right, data))
        case 'Arithmetic':
          return visit({ ...node, left: literal(node.left, data), right: literal(node.right, data) }, data)
        case 'Unary':
          return visit({ ...node, operand: literal(node.operand, data) }, data)
        case 'Function':
          return applyFunction(node, data)
        case 'Flatten':
        case 'Slice':
          return made(visit(node, data))
        case 'LetExpression':
          spend(newScope)
          break
        default:
      }
      return visit(node, data)
    }

    function applyFunction(node: Call, data: Input): Data {
      const children = node.children.map((child) => literal(child, data))
      inside++
      try {
        for (const child of children) if (child.type === 'Literal') given(child.value, node.name)
        const result = returned(call({ ...node, children: node.name === 'sort_by' ? children.map(remembered) : children }, data))
        return inside > 1 ? result : fromPlain(result, !computing.has(node.name))
      } finally {
        inside--
      }
    }

    function call(node: Call, data: Input): Data {
      const [list] = node.children
      if ((node.name !== 'max' && node.name !== 'min') || list?.type !== 'Literal' || sizeOf(list.value) <= mostArguments)
        return visit(node, data)
      const items = list.value as unknown[]
      const parts = Array.from({ length: Math.ceil(items.length / mostArguments) }, (_, at) =>
        items.slice(at * mostArguments, (at + 1) * mostArguments),
      )
      const ofItems = (value: unknown): Call => ({ ...node, children: [{ type: 'Literal', value: value as never }] })
      return call(ofItems(parts.map((part) => visit(ofItems(part), data))), data)
    }

    /** The key of an item, which is made once, however often the item is compared. */
    function recall({ child, known }: Remembered, data: Input): Data {
      if (!known.has(data)) known.set(data, own.visit(child, data))
      return known.get(data)
    }

    function compare(how: string, left: Data, right: Data): boolean | null {
      if (how === 'EQ' || how === 'NE') return areEqual(left, right) === (how === 'EQ')
      const order = orderOf(left, right)
      return order === undefined ? null : orderings[how]!(order)
    }

    function plain(operand: Node, data: Input): Data {
      return toPlain(own.visit(operand, data))
    }

    function literal(operand: Node, data: Input): Node {
      return operand.type === 'ExpressionReference' ? operand : { type: 'Literal', value: plain(operand, data) as never }
    }
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
    if (Array.isArray(plain)) return plain.map((item) => fromPlain(item, selected))
    return record(Object.entries(plain).map(([key, item]) => [key, fromPlain(item, selected)]))
  }

  function toValue(data: Data): Value {
    spend(1)
    if (typeof data === 'symbol') return { number: data.description ?? '' }
    if (typeof data === 'number') return { number: String(data) } satisfies NumberText
    if (typeof data === 'string' || typeof data === 'boolean') return data
    if (typeof data !== 'object' || data === null) return null
    if (Array.isArray(data)) return data.map(toValue)
    const item = origins.get(data) ?? data
    return sources.get(item) ?? new Map(Object.entries(item).map(([key, member]) => [key, toValue(member)]))
  }
}

/** What a node is applied to. */
type Input = Parameters<Interpreter['visit']>[1]

type Call = Extract<Node, { type: 'Function' }>

/** A reference to an expression whose results are kept by what it was applied to. */
interface Remembered {
  type: 'Remembered'
  child: Node
  known: Map<Data, Data>
}

function remembered(argument: Node): Node {
  if (argument.type !== 'ExpressionReference') return argument
  const child: Remembered = { type: 'Remembered', child: argument.child, known: new Map() }
  return { type: 'ExpressionReference', child: child as unknown as Node }
}

/** An object that inherits nothing and lists its keys in the order given. */
function record(entries: [string, Data][]): object {
  const target = Object.create(null) as Record<string, Data>
  for (const [key, item] of entries) target[key] = item
  const keys = entries.map(([key]) => key)
  return keys.some((key) => /^\d+$/.test(key)) ? new Proxy(target, { ownKeys: () => keys }) : target
}
