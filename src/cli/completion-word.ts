import { basename } from 'node:path'
import {
  isGroup,
  optionKey,
  type ArgumentDefinition,
  type CommandDefinition,
  type GroupDefinition,
  type OptionDefinition,
} from '../definitions/definition.ts'
import { globalOptions, optionsOf } from '../definitions/global.ts'
import { ims, site } from '../definitions/tree.ts'

/** A word that is completed, as the table sees it. */
export interface CompletionWord {
  /** What it is a value of. */
  readonly row: OptionDefinition | ArgumentDefinition
  /** The command that the line names; undefined before its words. */
  readonly command: CommandDefinition | undefined
  /** The words that lead to it, without `ims`. */
  readonly words: readonly string[]
  /** What stands before the value in the same word: `--artifact-id=`. */
  readonly before: string
  /** How the value begins. */
  readonly typed: string
  /** The values of options that stand on the line before it, by key. */
  readonly options: Readonly<Record<string, string>>
  readonly arguments: readonly string[]
}

type Rows = readonly (CommandDefinition | GroupDefinition)[]

const takesValue = ({ type }: OptionDefinition) => type !== 'flag' && type !== 'level'

/**
 * What the last word of an unfinished line is a value of; undefined where it is none, or somebody else's.
 *
 * @param line as the shell would take it apart, from the program's name on.
 */
export function findCompletionWord(line: readonly string[]): CompletionWord | undefined {
  const [program = '', ...before] = line.slice(0, -1)
  const last = line.at(-1)!
  let rows: Rows = basename(program) === 'cray' ? [ims, ...site] : [...ims.commands, ims, ...site]
  let command: CommandDefinition | undefined
  let known: readonly OptionDefinition[] = globalOptions
  let awaiting: OptionDefinition | undefined
  let ended = false
  const words: string[] = []
  const args: string[] = []
  const options: Record<string, string> = {}
  for (const word of before) {
    const found = ended ? undefined : optionIn(word, known)
    if (awaiting) {
      options[optionKey(awaiting)] = word
      awaiting = undefined
    } else if (word === '--' && !ended) {
      ended = true
    } else if (found) {
      if (found.value === undefined) awaiting = found.option
      else options[optionKey(found.option)] = found.value
    } else if (!ended && isOption(word)) {
      continue
    } else if (command) {
      args.push(word)
    } else {
      const path = rowsNamed(word, rows)
      const row = path.at(-1)
      if (!row) return undefined
      words.push(...path.map(({ name }) => name))
      if (isGroup(row)) rows = row.commands
      else {
        command = row
        known = Object.values(optionsOf(row)).flat()
      }
    }
  }
  if (command?.passThrough && (args.length > 0 || ended)) return undefined
  const place = { command, words: words[0] === ims.name ? words.slice(1) : words, options, arguments: args }
  if (awaiting) return { ...place, row: awaiting, before: '', typed: last }
  const found = ended ? undefined : optionIn(last, known)
  if (found) return found.value === undefined ? undefined : { ...place, row: found.option, before: found.before, typed: found.value }
  if (!ended && isOption(last)) return undefined
  const rest = (command?.arguments ?? []).find(({ many }, at) => at === args.length || (many && at < args.length))
  return rest && { ...place, row: rest, before: '', typed: last }
}

const isOption = (word: string) => word.startsWith('-') && word !== '-'

/** The row of a word, with that of its group where it is a short form. */
function rowsNamed(word: string, rows: Rows): Rows {
  const row = rows.find(({ name }) => name === word)
  if (row) return [row]
  for (const group of rows.filter(isGroup)) {
    const leaf = group.commands.find((below) => below.name === word && 'shortForm' in below)
    if (leaf) return [group, leaf]
  }
  return []
}

/** The option with a value that a word is, with that value where it is in the same word. */
function optionIn(
  word: string,
  known: readonly OptionDefinition[],
): { option: OptionDefinition; before: string; value: string | undefined } | undefined {
  const [flag] = word.startsWith('--') ? word.split('=', 1) : [word.slice(0, 2)]
  const option = known.find((row) => takesValue(row) && (row.flag === flag || row.short === flag))
  if (!option) return undefined
  const before = word.startsWith('--') && word !== flag ? `${flag}=` : flag!
  return { option, before, value: word === flag ? undefined : word.slice(before.length) }
}
