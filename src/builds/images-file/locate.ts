import type { SourceNode, Reading } from './source-node.ts'
import { mistakes, type Diagnostic } from './diagnostics.ts'
import { tomlTree } from './toml-tree.ts'
import { yamlTree } from './yaml-tree.ts'

/** The most that a file may have: characters, values once aliases are resolved, and values in each other. */
const most = { characters: 2 ** 20, values: 100_000, depth: 50 }

/**
 * A file's values with their lines: TOML by the name's ending, else YAML, which JSON is part of.
 *
 * @param path as the user typed it.
 * @param found is given what can be read, but is a mistake.
 * @throws CliError with the line, where it is no such file, or too large.
 */
export function locate(path: string, text: string, found: Diagnostic[]): SourceNode {
  const reading: Reading = {
    count(line, depth) {
      values++
      reading.deep(line, depth)
      if (values > most.values) reading.fail(line, `the file has more than ${most.values} values, aliases resolved`)
    },
    deep(line, depth) {
      if (depth > most.depth) reading.fail(line, `values are more than ${most.depth} deep in each other`)
    },
    found: (line, why) => void found.push({ line, why }),
    fail(line, why) {
      throw mistakes(path, [...found, { line, why }])
    },
  }
  let values = 0
  if (text.length > most.characters) return reading.fail(1, `the file has more than ${most.characters} characters`)
  const tree = /\.toml$/i.test(path) ? tomlTree : yamlTree
  return tree(text.replace(/^\ufeff/, ''), reading)
}
