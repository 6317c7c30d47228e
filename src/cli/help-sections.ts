import type { Command } from 'commander'
import type { CommandDefinition } from '../definitions/definition.ts'
import { exitCodes } from '../definitions/exit-codes.ts'
import { globalOptions, optionsOf } from '../definitions/global.ts'
import { choicesNoted, optionTerm } from './help-terms.ts'

/** How help is shown. */
export interface HelpStyle {
  /** Of the terminal that help is shown in. */
  readonly columns: () => number
  /** Marks a heading; as it is unless given. */
  readonly heading?: (text: string) => string
}

/** What most begin with; of each line the words behind the program's. */
const firstExamples: CommandDefinition['examples'] = [
  { does: 'The images, as a table', line: 'images list -o table' },
  { does: 'An image from a recipe', line: 'build compute-recipe --name compute' },
  { does: 'The shell of the job whose id starts with ad51', line: 'jobs debug ad51' },
]

/**
 * What help says below a command's own options: of a leaf which global options there are, and examples; of the program
 * what those do, and what exit codes mean; of a group nothing.
 */
export function furtherHelp(
  command: Command,
  words: readonly string[],
  leaf: CommandDefinition | undefined,
  { columns, heading = (text) => text }: HelpStyle,
): string {
  const help = Object.assign(command.createHelp(), { helpWidth: columns() })
  const section = (title: string, lines: readonly string[]) => `\n${heading(`${title}:`)}\n${lines.join('\n')}`
  const items = (list: readonly (readonly [string, string])[]) => {
    const width = Math.max(...list.map(([term]) => term.length))
    return list.map(([term, text]) => help.formatItem(term, width, text, help))
  }
  const examples = (list: CommandDefinition['examples']) =>
    section(
      'Examples',
      list.flatMap(({ line, does }) => [`  # ${does}`, `  ${line}`]),
    )
  const program = programOf(words)
  if (leaf) {
    const names = ['-h/--help', ...optionsOf(leaf).inherited.map(({ short, flag }) => (short ? `${short}/${flag}` : flag))]
    const lines = help.boxWrap(`${names.join(', ')}: see ${program} --help`, columns() - 2).split('\n')
    const globals = section(
      'Global options',
      lines.map((line) => `  ${line}`),
    )
    const inline = leaf.examples.map(({ line, does }) => `  ${line}  # ${does}`)
    const fits = inline.every((line) => line.length <= columns())
    return [globals, fits ? section('Examples', inline) : examples(leaf.examples)].join('\n')
  }
  if (words.join(' ') !== program) return ''
  return [
    section('Global options', items(globalOptions.map((option) => [optionTerm(option), choicesNoted(option)]))),
    examples(firstExamples.map(({ does, line }) => ({ does, line: `${program} ${line}` }))),
    section('Exit codes', items(exitCodes.map(({ code, means }) => [code, means]))),
  ].join('\n')
}

/** The words before those of a command: behind `cray` alone another program may answer. */
function programOf([name]: readonly string[]): string {
  return name === 'cray' ? 'cray ims' : name!
}
