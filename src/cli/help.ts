import type { Command } from 'commander'
import { optionsOf } from '../definitions/global.ts'
import { argumentNotes, relationNotes } from '../definitions/relations.ts'
import {
  isGroup,
  type ArgumentDefinition,
  type CommandDefinition,
  type GroupDefinition,
  type OptionDefinition,
} from '../definitions/definition.ts'

const placeholders: Readonly<Record<OptionDefinition['type'], string>> = {
  text: 'TEXT',
  integer: 'INTEGER',
  boolean: 'BOOLEAN',
  choice: 'CHOICE',
  file: 'FILE',
  path: 'FILE',
  texts: 'TEXT,...|EXPR',
  booleans: 'BOOLEAN,...|EXPR',
  each: 'TEXT',
  duration: 'TIME',
  count: 'N',
  flag: '',
  level: '',
}

/** What help shows for an option's value: `FILE`, `create|customize`; nothing for a flag. */
export function optionValueTerm(option: OptionDefinition): string {
  return option.placeholder ?? option.choices?.join('|') ?? placeholders[option.type]
}

/** What help says of an option of a command. */
export function optionHelp(option: OptionDefinition, command: CommandDefinition): string {
  const { choices, placeholder } = option
  const notes = [
    choices && placeholder && `(one of ${choices.join(', ')})`,
    option.required && option.dependsOn === undefined && '(required)',
    option.default !== undefined && `(default: ${option.default})`,
    ...relationNotes(option, command),
  ]
  return [option.help, ...notes].filter(Boolean).join(' ')
}

/** What help says of an argument of a command. */
export function argumentHelp({ name, help }: ArgumentDefinition, command: CommandDefinition): string {
  return [help, ...argumentNotes(name, command)].join(' ')
}

/** The usage of a command: `cray-ims jobs describe [OPTIONS] JOB_ID`. */
export function usage(words: readonly string[], row: CommandDefinition | GroupDefinition | undefined): string {
  if (!row || isGroup(row)) return [...words, '[OPTIONS]', 'COMMAND'].join(' ')
  const args = (row.arguments ?? []).map(({ name, optional, many }) => {
    const term = many ? `${name}...` : name
    return optional ? `[${term}]` : term
  })
  return [...words, '[OPTIONS]', ...args].join(' ')
}

/** Gives a command the help of its row; the root has none. */
export function describeHelp(
  command: Command,
  words: readonly string[],
  row: CommandDefinition | GroupDefinition | undefined,
  about: string,
): Command {
  const leaf = row && !isGroup(row) ? row : undefined
  const short = leaf?.shortForm ? [`Short form: ${[...words.slice(0, -2), leaf.name].join(' ')}`] : []
  command.description([about, ...(leaf?.about ?? []), ...short].join('\n\n'))
  if (leaf) {
    const examples = leaf.examples.map(({ line, does }) => `  # ${does}\n  ${line}`)
    command.addHelpText('after', `\nExamples:\n${examples.join('\n')}`)
  }
  const rows = leaf ? Object.values(optionsOf(leaf)).flat() : []
  const values = new Map(rows.map((option) => [option.flag, optionValueTerm(option)]))
  return command.configureHelp({
    minWidthToWrap: 20,
    optionTerm: (option) => option.flags.replace('<value>', () => values.get(option.long!)!),
    commandUsage: () => usage(words, row),
    subcommandTerm: (of) => of.name(),
  })
}
