import { globalOptions } from '../../definitions/global.ts'
import { excludedBy, type Related } from '../../definitions/relations.ts'
import {
  isGroup,
  type ArgumentDefinition,
  type CommandDefinition,
  type GroupDefinition,
  type OptionDefinition,
} from '../../definitions/definition.ts'

/** What a value is completed with; a list is the choice among its words. For `live` the program is asked: `cli/completion.ts`. */
export type ValueModel = 'text' | 'file' | 'command' | 'live' | 'file or live' | readonly string[]

export interface OptionModel {
  /** With their dashes, the long one last. */
  readonly flags: readonly string[]
  readonly help: string
  /** None for a flag. */
  readonly value?: ValueModel
  /** May be given several times. */
  readonly repeats?: boolean
  /** The flags, short ones too, that it isn't offered beside. */
  readonly excludes: readonly string[]
}

export interface ArgumentModel {
  readonly name: string
  readonly value: ValueModel
  readonly many: boolean
}

/** A command or group, as a shell needs to know it. */
export interface CommandModel {
  /** The words that lead to it: `jobs create`. */
  readonly words: string
  /** What a group holds; none for a command. */
  readonly commands: readonly { readonly name: string; readonly summary: string }[]
  /** Its own, besides the global ones. */
  readonly options: readonly OptionModel[]
  readonly arguments: readonly ArgumentModel[]
}

/** All that a shell completes. */
export interface CommandsModel {
  readonly global: readonly OptionModel[]
  readonly commands: readonly CommandModel[]
  /** Words that stand for a command without that of its group; they aren't offered. */
  readonly shortForms: readonly string[]
}

/** Where a line starts that is typed as `cray …`, and where `ims` leads: both go on as `cray-ims …` does. */
export const aliases = ['cray', 'ims'] as const

type Rows = readonly (CommandDefinition | GroupDefinition)[]

/** What shells complete for the table: all that help shows. */
export function commandsModel(ims: GroupDefinition, site: Rows): CommandsModel {
  const own = [...ims.commands, ...site]
  const version: OptionModel = { flags: ['--version'], help: 'Show name and version', excludes: [] }
  const shortForms = own.filter(isGroup).flatMap(({ commands }) => commands.filter((row) => 'shortForm' in row)) as CommandDefinition[]
  return {
    shortForms: shortForms.map(({ name }) => name),
    global: [...shown(globalOptions, {}), { flags: ['-h', '--help'], help: 'Show this help', excludes: [] }],
    commands: [
      { ...group('', own), options: [version] },
      group('ims', ims.commands),
      group('cray', [ims, ...site]),
      ...below('', own),
      ...shortForms.map((row) => leaf(row.name, row)),
    ],
  }
}

/** All options of a command, with its own word on those global ones that it redefines. */
export function optionsOf({ options: own }: CommandModel, { global }: CommandsModel) {
  const inherited = global.filter((option) => !own.some((other) => long(other) === long(option)))
  return { own, inherited, all: [...own, ...inherited], redefines: inherited.length < global.length }
}

/** The long flag of an option. */
export function long(option: OptionModel): string {
  return option.flags.at(-1)!
}

/** The commands by what a script says of them, so that it says it once. */
export function alike({ commands }: CommandsModel, say: (command: CommandModel) => string): [said: string, words: string[]][] {
  const all = new Map<string, string[]>()
  for (const command of commands) {
    const said = say(command)
    all.set(said, [...(all.get(said) ?? []), command.words])
  }
  return [...all]
}

function below(words: string, rows: Rows): CommandModel[] {
  return visible(rows).flatMap((row) => {
    const path = words ? `${words} ${row.name}` : row.name
    return isGroup(row) ? [group(path, row.commands), ...below(path, row.commands)] : [leaf(path, row)]
  })
}

function group(words: string, rows: Rows): CommandModel {
  return { words, commands: visible(rows).map(({ name, summary }) => ({ name, summary })), options: [], arguments: [] }
}

function leaf(words: string, row: CommandDefinition): CommandModel {
  const args = (row.arguments ?? []).map((argument) => ({
    name: argument.name,
    value: argumentValue(argument),
    many: argument.many ?? false,
  }))
  return { words, commands: [], options: shown(row.options ?? [], row), arguments: args }
}

const visible = (rows: Rows): Rows => rows.filter((row) => !row.hidden)

function shown(options: readonly OptionDefinition[], command: Related): OptionModel[] {
  const flagsOf = ({ flag, short }: OptionDefinition) => (short ? [short, flag] : [flag])
  return options
    .filter((option) => !option.hidden)
    .map((option) => ({
      flags: flagsOf(option),
      help: option.help,
      value: optionValue(option),
      repeats: option.type === 'each' || option.type === 'level',
      excludes: options.filter(({ flag }) => excludedBy(option.flag, command).includes(flag)).flatMap(flagsOf),
    }))
}

function optionValue(option: OptionDefinition): ValueModel | undefined {
  if (option.choices) return option.choices
  if (typeof option.complete === 'object') return option.complete
  if (option.type === 'flag' || option.type === 'level') return undefined
  if (option.type === 'boolean' || option.type === 'booleans') return ['true', 'false']
  if (option.record || option.complete || option.filters?.by === 'pattern') return 'live'
  return option.type === 'file' || option.type === 'path' ? 'file' : 'text'
}

function argumentValue({ choices, complete, record }: ArgumentDefinition): ValueModel {
  if (choices) return choices
  if (complete === 'file') return record ? 'file or live' : 'file'
  if (complete === 'command') return complete
  return record || complete ? 'live' : 'text'
}
