import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { isGroup } from '../../src/definitions/definition.ts'
import { ims, site } from '../../src/definitions/tree.ts'
import { usageTrouble } from '../support/hint-check.ts'

const source = join(import.meta.dirname, '../../src')
const names = new Set([...ims.commands, ...site].map(({ name }) => name))
const leaves = new Set([...ims.commands, ...site].filter((row) => !isGroup(row)).map(({ name }) => name))

interface Line {
  readonly words: readonly string[]
  /** Only the program knows all of it. */
  readonly more: boolean
}

/** Words of our commands that the source has as a list, or hands to `commandLine`; what isn't known there is `x`. */
function lines(file: ts.SourceFile): Line[] {
  const found: Line[] = []
  const visit = (node: ts.Node): void => {
    // What is handed to a function is a list of something else.
    if (ts.isArrayLiteralExpression(node) && !ts.isCallOrNewExpression(node.parent) && !ts.isArrayLiteralExpression(node.parent))
      found.push(lineOf(node.elements))
    if (ts.isCallExpression(node) && /(^|\.)commandLine$/.test(node.expression.getText(file))) found.push(lineOf(node.arguments))
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

const lineOf = (elements: ts.NodeArray<ts.Expression>): Line => ({
  words: elements.flatMap((element) => (ts.isStringLiteralLike(element) ? element.text : ts.isSpreadElement(element) ? [] : 'x')),
  more: elements.some(ts.isSpreadElement),
})

const texts = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !/^(definitions|mock|commands\/completion)\//.test(name))
  .map((name) => [name, readFileSync(join(source, name), 'utf8')] as const)
  .filter(([, text]) => /\bnext\b|commandLine|NextStep/.test(text))

const said = texts.flatMap(([name, text]) =>
  lines(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true))
    .filter(({ words: [first = '', second] }) => second !== undefined && (leaves.has(first) || (names.has(first) && second !== 'x')))
    .map((line) => [line.words.join(' '), name, line] as const),
)

test('the source has lines of our commands', () => expect(said.length).toBeGreaterThan(50))

test.each(said)('%s, of %s, is a line that the program takes', (_, _name, { words, more }) => {
  const trouble = usageTrouble(['cray-ims', ...words])
  if (more) expect(trouble ?? 'Missing').toMatch(/^Missing/)
  else expect(trouble).toBeUndefined()
})
