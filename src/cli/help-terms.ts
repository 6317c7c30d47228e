import {
  isGroup,
  type ArgumentDefinition,
  type CommandDefinition,
  type GroupDefinition,
  type OptionDefinition,
} from '../definitions/definition.ts'
import { argumentNotes, relationNotes } from '../definitions/relations.ts'

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
  return option.placeholder ?? option.choices?.join(option.type === 'texts' ? ',' : '|') ?? placeholders[option.type]
}

/** An option as help names it: `-o, --format FORMAT`. */
export function optionTerm(option: OptionDefinition): string {
  const value = optionValueTerm(option)
  return `${option.short ? `${option.short}, ` : ''}${option.flag}${value ? ` ${value}` : ''}`
}

/** The choices are named where they don't stand for the value. */
export function choicesNoted({ help, choices, placeholder }: OptionDefinition): string {
  return choices && placeholder ? `${help} (one of ${choices.join(', ')})` : help
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

/** What help says of an option of a command. */
export function optionHelp(option: OptionDefinition, command: CommandDefinition): string {
  const notes = [
    option.required && option.dependsOn === undefined && '(required)',
    option.default !== undefined && `(default: ${option.default})`,
    ...relationNotes(option, command),
  ]
  return [choicesNoted(option), ...notes].filter(Boolean).join(' ')
}

/** What help says of an argument of a command. */
export function argumentHelp({ name, help }: ArgumentDefinition, command: CommandDefinition): string {
  return [help, ...argumentNotes(name, command)].join(' ')
}
