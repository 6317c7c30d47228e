import { environmentName } from '../config/precedence.ts'
import { terminalFormat } from '../definitions/formats.ts'
import { globalEnvironment, globalOptions } from '../definitions/global.ts'
import {
  isGroup,
  leavesOf,
  optionKey,
  type ArgumentDefinition,
  type CommandDefinition,
  type GroupDefinition,
  type OptionDefinition,
} from '../definitions/definition.ts'
import { byGroup } from '../definitions/option-groups.ts'
import { relationNotes, type Related } from '../definitions/relations.ts'
import { ims, site } from '../definitions/tree.ts'
import { argumentHelp, optionValueTerm, usage } from './help-terms.ts'

/** The reference of all commands, in Markdown. */
export function reference(): string {
  const rows = [...ims.commands, ...site]
  return `${[
    '# Reference of cray-ims',
    '<!-- Made by `npm run generate` from src/definitions; changes belong there. -->',
    'The commands of `cray-ims`. Those of the service may also be written `cray-ims ims …`, and `cray ims …` where a link calls the program `cray`.',
    contents(rows),
    '## Global options',
    'Every command takes these, anywhere on the line. `-h`, `--help` shows help; `cray-ims --version` the version.',
    optionTable(globalOptions, {}, (option) => globalEnvironment[optionKey(option)]),
    ...origins,
    ...rows.flatMap((row) => section(row, [], 2)),
  ].join('\n\n')}\n`
}

const example = { words: ['ims', 'jobs', 'create'], key: 'artifact_id' }

const origins = [
  '## Where the value of an option comes from',
  `The first of: the command line; the environment; the configuration; the default. Environment and configuration name an option by its command, always with \`ims\` for the commands of the service: \`cray-ims jobs create --artifact-id\` is \`${environmentName(example.words, example.key)}\` in the environment, and in the configuration`,
  ['```toml', `[${example.words.join('.')}]`, `${example.key} = "…"`, '```'].join('\n'),
  'An option of a command is also taken from the environment where it is set to an empty text. Global options are kept in `[core]`, except that `token` and `verbose` stand in the table of a command, and that `configuration` and `query` are not read from it. Arguments come from the command line alone.',
  `In a terminal, \`${terminalFormat.key}\` in \`[${terminalFormat.section}]\` is the format of commands that print records, where neither line nor environment gives one.`,
]

type Rows = readonly (CommandDefinition | GroupDefinition)[]

function contents(rows: Rows): string {
  return rows
    .filter((row) => !row.hidden)
    .map(
      (row) =>
        `- ${linkTo([row.name])}: ${
          isGroup(row)
            ? leavesOf(row)
                .map(({ words }) => linkTo(words, 1))
                .join(', ')
            : row.summary
        }`,
    )
    .join('\n')
}

/** A link to the section of a command, named without the words that are clear. */
function linkTo(words: readonly string[], clear = 0): string {
  return `[${words.slice(clear).join(' ')}](#${words.join('-')})`
}

function section(row: CommandDefinition | GroupDefinition, above: readonly string[], level: number): string[] {
  const words = [...above, row.name]
  const head = `${'#'.repeat(level)} ${words.join(' ')}`
  const summary = `${row.summary}.${row.hidden ? ' Help leaves it out.' : ''}`
  if (!isGroup(row)) return [head, summary, ...command(row, words)]
  return [head, summary, ...row.commands.flatMap((below) => section(below, words, Math.min(level + 1, 4)))]
}

function command(row: CommandDefinition, words: readonly string[]): string[] {
  const { arguments: args = [], options = [], about = [], request, examples } = row
  const shown = options.filter((option) => !option.hidden)
  return [
    code('sh', [usage(['cray-ims', ...words], row)]),
    ...about,
    args.length > 0 && argumentTable(args, row),
    ...byGroup(shown).flatMap(({ heading, options: own }) => [heading !== undefined && `${heading}:`, optionTable(own, row)]),
    shown.length > 0 && origin(words),
    request && `Sends \`${request.method} ${request.path}\`.`,
    code(
      'sh',
      examples.flatMap(({ line, does }) => [`# ${does}`, line]),
    ),
  ].filter((part) => part !== false && part !== undefined)
}

/** Where a command's options stand besides the command line. */
function origin(words: readonly string[]): string {
  const prefix = ims.commands.some((row) => row.name === words[0]) ? ['ims', ...words] : words
  return `Environment \`${environmentName(prefix, '…')}\`, configuration \`[${prefix.join('.')}]\`.`
}

function argumentTable(args: readonly ArgumentDefinition[], command: CommandDefinition): string {
  return table(
    ['argument', 'needed', 'meaning'],
    args.map((argument) => [
      `\`${argument.name}${argument.many ? '...' : ''}\``,
      argument.optional ? '' : 'yes',
      argumentHelp(argument, command),
    ]),
  )
}

function optionTable(
  options: readonly OptionDefinition[],
  command: Related,
  environment: (option: OptionDefinition) => string | undefined = () => undefined,
): string {
  const rows = options.map((option) => [
    [option.short, option.flag].flatMap((flag) => (flag ? [`\`${flag}\``] : [])).join(', '),
    inCode(optionValueTerm(option)),
    inCode(option.field),
    option.required && option.dependsOn === undefined ? 'required' : inCode(option.default),
    inCode(environment(option)),
    [meaning(option), ...relationNotes(option, command)].join(' '),
  ])
  return table(['option', 'value', 'field sent', 'default', 'environment', 'meaning'], rows)
}

function meaning({ help, choices, placeholder }: OptionDefinition): string {
  // The environment has a column of its own.
  const text = help.replace(/ \(CRAY_\w+(=1)?\)/, '')
  return choices && placeholder ? `${text}: ${choices.map(inCode).join(', ')}` : text
}

const inCode = (text: string | undefined) => (text ? `\`${text}\`` : '')

const code = (language: string, lines: readonly string[]) => ['```' + language, ...lines, '```'].join('\n')

/** A table without the columns that nothing stands in. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, column) => rows.some((row) => row[column]))
  const line = (cells: readonly string[]) =>
    `| ${cells
      .filter((_, column) => used[column])
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
