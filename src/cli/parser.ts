import { Argument, Command, CommanderError, Option } from 'commander'
import { globalOptions, optionsOf } from '../definitions/global.ts'
import {
  argumentKey,
  isGroup,
  flagKey,
  optionKey,
  type ArgumentDefinition,
  type CommandDefinition,
  type GroupDefinition,
  type OptionDefinition,
} from '../definitions/definition.ts'
import { usageError } from '../errors.ts'
import { byGroup } from '../definitions/option-groups.ts'
import type { ProgramName } from './command-line.ts'
import { describeHelp } from './help.ts'
import { argumentHelp, optionHelp } from './help-terms.ts'
import type { HelpStyle } from './help-sections.ts'
import { readLine, type Line } from './line.ts'
import { meantCommands } from './meant-command.ts'
import type { Route } from './route.ts'
import { toUsageError } from './usage.ts'

/** A command line taken apart; values are still texts. */
export interface Parsed {
  command: CommandDefinition
  /** The words that lead to the command. */
  words: readonly string[]
  /** By option's key; true for a flag, a number for one that counts. */
  flags: Readonly<Record<string, string | true | number | string[]>>
  arguments: Readonly<Record<string, string | string[]>>
}

export interface Program extends HelpStyle {
  name: ProgramName
  about: string
  version: string
  commands: readonly (CommandDefinition | GroupDefinition)[]
  /** Rows that help leaves out. */
  unlisted?: ReadonlySet<CommandDefinition | GroupDefinition>
}

/**
 * Takes a command line apart. Only the commands that lie on the route are put together in full.
 *
 * @returns the help to print where that was asked for.
 * @throws CliError for a line that isn't right.
 */
export function parse(program: Program, { path, argv }: Route): Parsed | { help: string } {
  let parsed: Parsed | undefined
  let help = ''
  const words = path.map((row) => row.name)
  const dress = (command: Command) =>
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => (help += text),
        writeErr: () => {},
        outputError: () => {},
        getOutHelpWidth: program.columns,
        getOutHasColors: () => program.heading !== undefined,
      })
      .helpCommand(false)
      .helpOption('-h, --help', 'Show this help')
      .enablePositionalOptions()

  const root = describeHelp(dress(new Command(program.name)), [program.name], undefined, program.about, program)
  if (path.length === 0) root.version(program.version, '--version', 'Show name and version')
  let parent = root
  let children: readonly (CommandDefinition | GroupDefinition)[] = program.commands
  for (const [depth, row] of [...path, undefined].entries()) {
    // Only where the route ends is anything said of what else there is.
    for (const child of row ? [] : children) {
      parent.addCommand(
        dress(new Command(child.name))
          .summary(child.summary)
          .helpGroup(`${child.heading ?? 'Commands'}:`),
        { hidden: child.hidden ?? program.unlisted?.has(child) },
      )
    }
    if (!row) break
    const command = describeHelp(dress(new Command(row.name)), [program.name, ...words.slice(0, depth + 1)], row, row.summary, program)
    parent.addCommand(command)
    if (!isGroup(row)) {
      // Named with the global options.
      command.addHelpOption(new Option('-h, --help', 'Show this help').hideHelp())
      leaf(
        command,
        row,
        readLine(row, argv.slice(path.length)),
        (flags, args) => (parsed = { command: row, words: words.slice(0, depth + 1), flags, arguments: args }),
      )
    }
    children = isGroup(row) ? row.commands : []
    parent = command
  }

  try {
    root.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') return { help }
    if (error.code === 'commander.version') return { help: `${program.name} ${program.version}\n` }
    const meant = meantCommands(program.commands, path, argv.slice(path.length))
    throw toUsageError(error, [program.name, ...words].join(' '), meant, flagsOf(path.at(-1)))
  }
  return parsed ?? { help }
}

/** The options that may stand where a route ends. */
function flagsOf(row: CommandDefinition | GroupDefinition | undefined): string[] {
  const options: readonly OptionDefinition[] = row && !isGroup(row) ? Object.values(optionsOf(row)).flat() : globalOptions
  return [...options.filter(({ hidden }) => !hidden).map(({ flag }) => flag), '--help']
}

function leaf(
  command: Command,
  row: CommandDefinition,
  line: Line,
  found: (flags: Parsed['flags'], args: Parsed['arguments']) => void,
): void {
  const { own, inherited } = optionsOf(row)
  const keys = new Map<string, string>()
  const insisted = new Set<string>()
  const add = (option: OptionDefinition) => {
    const made = makeOption(option, row)
    keys.set(made.attributeName(), optionKey(option))
    if (option.twice) {
      made.argParser((value, before: string | undefined) => {
        if (value === before) insisted.add(flagKey(option.twice!))
        return value
      })
    }
    command.addOption(made)
    return made
  }
  for (const { heading, options } of byGroup(own)) for (const option of options) add(option).helpGroup(`${heading ?? 'Options'}:`)
  // Help names them apart, and what they do once.
  for (const option of inherited) add(option).hideHelp()
  // The parser counts arguments before it has seen all options; `takeArguments` counts them after.
  for (const argument of row.arguments ?? [])
    command.addArgument(new Argument(argument.many ? `[${argument.name}...]` : `[${argument.name}]`, argumentHelp(argument, row)))
  if (row.passThrough) command.passThroughOptions()
  command.allowExcessArguments().action(() => {
    const flags = Object.entries(command.opts()).map(([name, value]) => [keys.get(name)!, value] as const)
    found(
      Object.fromEntries([...flags, ...[...insisted].map((key) => [key, true] as const)]),
      takeArguments(row.arguments ?? [], command.args, line),
    )
  })
}

function makeOption(row: OptionDefinition, command: CommandDefinition): Option {
  const takesValue = row.type !== 'flag' && row.type !== 'level'
  const option = new Option(`${row.short ? `${row.short}, ` : ''}${row.flag}${takesValue ? ' <value>' : ''}`)
  // Most lines ask for no help.
  Object.defineProperty(option, 'description', { get: () => optionHelp(row, command) })
  // `--no-auth` is an option of that name, and no negation of `--auth`.
  option.negate = false
  if (row.hidden) option.hideHelp()
  if (row.type === 'level') option.argParser((_, count: number | undefined) => (count ?? 0) + 1)
  if (row.type === 'each') option.argParser((value, all: string[] | undefined) => [...(all ?? []), value])
  return option
}

function takeArguments(
  rows: readonly ArgumentDefinition[],
  given: readonly string[],
  { argumentsBeforeDashes }: Line,
): Record<string, string | string[]> {
  const rest = [...given]
  const taken: Record<string, string | string[]> = {}
  for (const [at, row] of rows.entries()) {
    // Of `jobs debug -- ls`, the command is no job.
    if (argumentsBeforeDashes === 0 && row.optional && rows[at + 1]?.many) continue
    if (rest.length === 0) {
      if (row.optional) continue
      throw usageError(`Missing argument '${row.name}${row.many ? '...' : ''}'.`)
    }
    taken[argumentKey(row)] = row.many ? rest.splice(0) : rest.shift()!
  }
  if (rest.length > 0) throw usageError(`Got unexpected extra argument${rest.length > 1 ? 's' : ''} (${rest.join(' ')})`)
  return taken
}
