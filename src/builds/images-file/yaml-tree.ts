import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  visit,
  type Alias,
  type CST,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'
import { excerpt } from '../../text/printable.ts'
import type { SourceNode, SourceMapping, Reading } from './source-node.ts'

type Map12 = YAMLMap<Node, Node | null>
type Pair12 = Pair<Node, Node | null>

/** The values of a YAML file: of version 1.2 whatever it says it is, so that `yes` is a text. */
export function yamlTree(text: string, reading: Reading): SourceNode {
  const lines = new LineCounter()
  const lineAt = (offset: number) => Math.max(lines.linePos(offset).line, 1)
  const lineOf = ({ range }: Node) => lineAt(range?.[0] ?? 0)
  const document = compose(text, lines, reading)
  const [error] = document.errors
  if (error) return reading.fail(lineAt(error.pos[0]), `not valid YAML: ${excerpt(error.message)}`)
  for (const { pos, message } of document.warnings) reading.found(lineAt(pos[0]), excerpt(message))
  const targets = aliasTargets(document)

  const resolved = (node: Node): Node => {
    if (!isAlias(node)) return node
    return (
      targets.get(node) ??
      reading.fail(lineOf(node), `*${excerpt(node.source, 60)} means nothing: there is no &${excerpt(node.source, 60)} before it`)
    )
  }
  const locatedAt = (node: Node | null, depth: number, keyLine: number): SourceNode => {
    const line = node?.range ? lineOf(node) : keyLine
    reading.count(line, depth)
    const target = node && resolved(node)
    if (isSeq<Node | null>(target)) return { line, value: target.items.map((item) => locatedAt(item, depth + 1, line)) }
    if (isMap<Node, Node | null>(target)) return { line, value: mapOf(target, depth) }
    if (!isScalar(target)) return { line, value: null }
    const { value, source } = target
    if (typeof value === 'number' || typeof value === 'bigint') return { line, value: { number: source ?? String(value) } }
    return { line, value: value as string | boolean | null }
  }
  const mapOf = ({ items }: Map12, depth: number): SourceMapping => {
    const map: SourceMapping = new Map()
    for (const { key: node, value } of items.filter((pair) => !isMerge(pair))) {
      const line = lineOf(node)
      const key = keyOf(resolved(node)) ?? reading.fail(line, 'a key is a text')
      const before = map.get(key)
      if (before) reading.found(line, `${excerpt(key, 60)} is given twice: line ${before.line} has it, too`)
      else map.set(key, { line, value: locatedAt(value, depth + 1, line) })
    }
    // What stands in the map itself wins, and of several merged the first.
    for (const pair of items.filter(isMerge)) {
      for (const [key, value] of merged(pair, depth)) if (!map.has(key)) map.set(key, value)
    }
    return map
  }
  const merged = ({ key, value }: Pair12, depth: number) => {
    const line = lineOf(key)
    const { value: found } = locatedAt(value, depth + 1, line)
    const maps = Array.isArray(found) ? found.map((item) => item.value) : [found]
    if (maps.every((map) => map instanceof Map)) return maps.flatMap((map) => [...map])
    return reading.fail(line, '<< takes a map, or a list of maps')
  }

  return locatedAt(document.contents as Node | null, 1, 1)
}

/** The only document, composed once its depth is known: the composer calls itself for each level. */
function compose(text: string, lines: LineCounter, reading: Reading): Document.Parsed {
  // Of keys given twice the composer would take long: it compares each with each.
  const composer = new Composer({ schema: 'core', intAsBigInt: true, resolveKnownTags: false, uniqueKeys: false })
  const [document, second] = composer.compose([...tokens(text, lines, reading)], true, text.length)
  if (second) return reading.fail(lines.linePos(second.range[0]).line, 'a second document begins here, and a file has one')
  return document!
}

function* tokens(text: string, lines: LineCounter, reading: Reading): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    // Besides the values it holds the document, and a scalar.
    reading.deep(lines.lineStarts.length, parser.stack.length - 2)
  }
  yield* parser.end()
}

/** What each alias means: the last value before it that has its name. */
function aliasTargets(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Alias: (_, alias) => {
      const target = anchors.get(alias.source)
      if (target) targets.set(alias, target)
    },
    Value: (_, node) => {
      if (node.anchor) anchors.set(node.anchor, node)
    },
  })
  return targets
}

const isMerge = ({ key }: Pair12) => isScalar(key) && key.value === '<<' && key.type === 'PLAIN'

function keyOf(node: Node): string | undefined {
  return isScalar(node) ? (typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))) : undefined
}
