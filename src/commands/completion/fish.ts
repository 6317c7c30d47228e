import {
  aliases,
  optionsOf,
  type ArgumentModel,
  type CommandModel,
  type CommandsModel,
  type OptionModel,
  type ValueModel,
} from './commands-model.ts'

/** The script that completes command lines in fish, from 3.1 on. */
export function fish(model: CommandsModel): string {
  const groups = model.commands.filter(({ commands, words }) => commands.length > 0 && words)
  const valued = model.global.filter(({ value }) => value).flatMap(({ flags }) => flags)
  return `# Completions of cray-ims for fish, made from its table of commands. Save them in ~/.config/fish/completions, or
#   cray-ims completion fish | source
# A link to it that is called cray is completed, too, unless something else completes cray; then, to add to that:
#   cray-ims completion fish | string replace -- '-c cray-ims' '-c cray' | source

# The command that the words before the cursor name.
function __cray_ims_command
    set -l words (commandline -opc)
    set -l command (string match -r '^cray$' -- $words[1])
    set -l value
    for word in $words[2..-1]
        if set -q value[1]
            set -e value
        else if contains -- $word ${valued.join(' ')}
            set value $word
        else if not string match -q -- '-*' $word
            set command (string trim -- "$command $word"${aliases.map((alias) => ` | string replace -r '^${alias} (${below(alias, model)})$' '$1'`).join('')})
            contains -- $command ${groups.map(({ words }) => (words.includes(' ') ? quote(words) : words)).join(' ')}
            or break
        end
    end
    echo $command
end

function __cray_ims_at
    set -l command (__cray_ims_command)
    contains -- "$command" $argv
end

# Completes the command line that stands behind --.
function __cray_ims_rest
    set -l words (commandline -opc)
    set -l rest
    if set -l at (contains -i -- -- $words)
        set -e words[1..$at]
        set rest (string escape -- $words)
    end
    complete --do-complete=(string join -- ' ' $rest (commandline -ct))
end

# Completes words that only the service or this machine knows: the program says which, and what they are.
function __cray_ims_live
    set -l token (commandline -ct)
    string match -qr -- '^-[^=]*$' "$token"; and return
    set -l words (commandline -opc)
    set -l program cray-ims
    string match -q -- '*/cray-ims' $words[1]; and test -x $words[1]; and set program $words[1]
    command $program __complete fish '' $words "$token" 2>/dev/null </dev/null
end

set -l programs -c cray-ims
if set -l paths (command -s cray) (command -s cray-ims); and set -q paths[2]
    test (realpath $paths[1]) = (realpath $paths[2]); and not complete -c cray | string length -q; and set -a programs -c cray
end

${lines(model).join('\n')}
`
}

function below(words: string, model: CommandsModel): string {
  return model.commands
    .find((command) => command.words === words)!
    .commands.map(({ name }) => name)
    .concat(words === 'ims' ? model.shortForms : [])
    .join('|')
}

/** A line for each thing that is completed, with the commands that have it. */
function lines(model: CommandsModel): string[] {
  const things = new Map<string, { thing: string; condition: string; words: string[] }>()
  for (const command of model.commands) {
    for (const [thing, condition = ''] of thingsOf(command)) {
      const key = `${condition} ${thing}`
      things.set(key, { thing, condition, words: [...(things.get(key)?.words ?? []), inCondition(command.words)] })
    }
  }
  return [
    add('-f'),
    ...model.global.map((option) => {
      const without = model.commands
        .filter((command) => !optionsOf(command, model).inherited.includes(option))
        .map(({ words }) => inCondition(words))
      return add(optionThing(option), without.length > 0 ? `not __cray_ims_at ${without.join(' ')}` : undefined)
    }),
    ...[...things.values()].map(({ thing, condition, words }) => add(thing, `__cray_ims_at ${words.join(' ')}${condition}`)),
  ]
}

const add = (thing: string, condition?: string) => `complete $programs ${condition ? `-n '${condition}' ` : ''}${thing}`

function thingsOf(command: CommandModel): [thing: string, condition?: string][] {
  return [
    ...command.commands.map(({ name, summary }): [string] => [`-a ${name} -d ${quote(summary)}`]),
    ...command.options.map((option): [string, string] => [optionThing(option), without(option)]),
    ...command.arguments.filter(({ value }) => value !== 'text').map(argumentThing),
  ]
}

/** The condition that nothing stands on the line that excludes an option. */
function without({ excludes }: OptionModel): string {
  const words = excludes.map((flag) => (flag.startsWith('--') ? flag.slice(2) : `-s ${flag.slice(1)}`))
  return words.length > 0 ? `; and not __fish_contains_opt ${words.join(' ')}` : ''
}

function optionThing({ flags, value, help }: OptionModel): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  return [...names, ...(value ? [valueThing(value)] : []), '-d', quote(help)].join(' ')
}

function valueThing(value: ValueModel): string {
  if (typeof value !== 'string') return `-x -a ${quote(value.join(' '))}`
  if (value === 'live') return `-x ${live}`
  return value === 'file' ? '-r -F' : '-x'
}

/** Words in the order of the program, the newest first. */
const live = `-k -a '(__cray_ims_live)'`

function argumentThing({ value }: ArgumentModel): [thing: string, condition?: string] {
  if (value === 'file') return ['-F']
  if (value === 'live') return [live]
  if (value === 'file or live') return [`-F ${live}`]
  if (value === 'command') return [`-a '(__cray_ims_rest)'`]
  const words = (value as readonly string[]).join(' ')
  return [`-a ${quote(words)}`, `; and not __fish_seen_subcommand_from ${words}`]
}

const quote = (text: string) => `'${text.replaceAll(/[\\']/g, '\\$&')}'`
// A condition has the single quotes.
const inCondition = (words: string) => (/^[\w-]+$/.test(words) ? words : `"${words}"`)
