import {
  aliases,
  alike,
  long,
  optionsOf,
  type ArgumentModel,
  type CommandModel,
  type CommandsModel,
  type OptionModel,
  type ValueModel,
} from './commands-model.ts'

/** The script that completes command lines in zsh, sourced or as `_cray-ims` in a folder of `fpath`. */
export function zsh(model: CommandsModel): string {
  const cases = alike(model, (command) => describe(command, model))
  return `#compdef cray-ims
# Completions of cray-ims for zsh, made from its table of commands. Save them as _cray-ims in a folder of fpath, or
#   source <(cray-ims completion zsh)
# A link to it that is called cray is completed, too, unless something else completes cray; then, to replace that:
#   compdef _cray-ims cray

_cray-ims() {
  # As it is typed, before it is taken apart.
  local -a typed_line=("\${(@)words[1,CURRENT-1]}" "$IPREFIX$PREFIX")
  _cray-ims-after "\${(M)service:#cray}"
}

# Completes what follows the words of a command.
_cray-ims-after() {
  local curcontext=$curcontext context state state_descr line command=$1
  local -A opt_args
  # Not \`commands\` and \`options\`, which are zsh's own.
  local -a subcommands specs
${aliases.map((alias) => `  command=\${command#${alias} }`).join('\n')}
  local -a global=(${list(model.global.flatMap(optionSpecs), '    ')}
  )
  case $command in
${cases.map(([sets, words]) => `    ${words.map((one) => one.replaceAll(' ', '\\ ') || "''").join('|')})${sets} ;;`).join('\n')}
    *) return 1 ;;
  esac
  if (( ! $#subcommands )); then
    _arguments -s -S $global $specs
    return
  fi
  _arguments -s -C $global $specs '(-): :->command' '(-)*:: :->rest' && return
  case $state in
    command) _describe -t commands command subcommands ;;
    rest)
      (( $subcommands[(I)$words[1]:*] )) || [[ $command$words[1] == ims || '${['', ...model.shortForms, ''].join(' ')}' == *" \${command#ims}$words[1] "* ]] || return
      _cray-ims-after "\${command:+$command }$words[1]"
      ;;
  esac
}

# Completes a command line within the line; zsh counts a -- that comes first to it.
_cray-ims-line() {
  [[ $words[1] == -- ]] && shift words && (( CURRENT-- ))
  _normal
}

# Completes words that only the service or this machine knows: the program says which, and what they are.
_cray-ims-live() {
  local program=cray-ims word about
  local -a found shown
  local -i width=0
  [[ $typed_line[1] == */cray-ims && -x $typed_line[1] ]] && program=$typed_line[1]
  while IFS=$'\\t' read -r word about; do
    found+=("$word") shown+=("$about")
    (( $#word > width )) && width=$#word
  done < <(command $program __complete zsh '' "\${(@)typed_line}" 2> /dev/null < /dev/null)
  (( $#found )) || return
  local -i at
  for (( at = 1; at <= $#found; at++ )); do
    [[ -n $shown[at] ]] && shown[at]="\${(mr:width:)found[at]}  -- $shown[at]" || shown[at]=$found[at]
  done
  # In their order, the newest first.
  compadd "\${(@)argv/#%-J/-V}" -l -d shown -a found
}

_cray-ims-file-or-live() {
  _files "$@"
  local -i missing=$?
  _cray-ims-live "$@" || return missing
}

[[ -z $_comps[cray] && $commands[cray] -ef $commands[cray-ims] ]] && compdef _cray-ims cray

if [[ $funcstack[1] == _cray-ims ]]; then
  _cray-ims "$@"
else
  compdef _cray-ims cray-ims
fi
`
}

function describe(command: CommandModel, model: CommandsModel): string {
  const { all, own, redefines } = optionsOf(command, model)
  const options = [...(redefines ? all : own).flatMap(optionSpecs), ...command.arguments.flatMap(argumentSpecs)]
  const commands = command.commands.map(({ name, summary }) => quote(`${name}:${summary}`))
  const lists = [
    commands.length > 0 && `\n      subcommands=(${list(commands, '        ')}\n      )`,
    redefines && '\n      global=()',
    options.length > 0 && `\n      specs=(${list(options, '        ')}\n      )`,
  ].filter(Boolean)
  return lists.length > 0 ? `${lists.join('')}\n     ` : ''
}

const list = (items: readonly string[], indent: string) => items.map((item) => `\n${indent}${item}`).join('')

function optionSpecs(option: OptionModel): string[] {
  const { flags, help, value, repeats, excludes } = option
  const beside = [...(flags.length > 1 && !repeats ? flags : []), ...excludes]
  const before = `${beside.length > 0 ? `(${beside.join(' ')})` : ''}${repeats ? '*' : ''}`
  const after = `[${escape(help, /[[\]\\]/g)}]${value ? `:${long(option).slice(2).replaceAll(/[-_]/g, ' ')}:${action(value)}` : ''}`
  return flags.map((flag) => quote(`${before}${flag}${value ? (flag.startsWith('--') ? '=' : '+') : ''}${after}`))
}

function argumentSpecs({ name, many, value }: ArgumentModel): string[] {
  if (value === 'command') return [quote(`(-)*::${name}:_cray-ims-line`)]
  return [quote(`${many ? '*' : ''}:${name}:${action(value)}`)]
}

function action(value: ValueModel): string {
  if (typeof value !== 'string') return `(${value.join(' ')})`
  return actions[value]
}

const actions = { text: ' ', file: '_files', command: ' ', live: '_cray-ims-live', 'file or live': '_cray-ims-file-or-live' } as const

const escape = (text: string, what: RegExp) => text.replaceAll(what, (found) => `\\${found}`)
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
