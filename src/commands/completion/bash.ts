import { aliases, alike, optionsOf, type CommandModel, type CommandsModel, type OptionModel, type ValueModel } from './commands-model.ts'

/** The script that completes command lines in bash, with or without the bash-completion package. */
export function bash(model: CommandsModel): string {
  const cases = alike(model, (command) => describe(command, model)).filter(([sets]) => sets)
  return `# Completions of cray-ims for bash, made from its table of commands. Load them with
#   source <(cray-ims completion bash)
# A link to it that is called cray is completed, too, unless something else completes cray; then, to replace that:
#   complete -F _cray_ims cray

_cray_ims() {
  local IFS=$' \\t\\n' line=\${COMP_LINE:0:COMP_POINT} words=() last=-1 word at
  COMPREPLY=()
  # Readline also takes words apart at = and :, so what no space separates is put together again.
  for ((at = 0; at <= COMP_CWORD; at++)); do
    [[ $at == 0 || $line == [[:space:]]* ]] && words[++last]=
    line=\${line#"\${line%%[![:space:]]*}"} word=\${COMP_WORDS[at]}
    [[ $at == "$COMP_CWORD" ]] && word=$line
    words[last]+=$word line=\${line#"$word"}
  done

  local command= commands options arguments excludes excluded= pair flag= ended= taken=0
  [[ \${1##*/} == cray ]] && command=cray
  _cray_ims_describe
  for ((at = 1; at < last; at++)); do
    word=\${words[at]}
    if [[ $flag ]]; then
      flag=
    elif [[ ! $ended && $word == -- ]]; then
      ended=1
    elif [[ ! $ended && $word == -* ]]; then
      [[ " $options" == *" $word="* ]] && flag=$word
      for pair in $excludes; do
        [[ $pair == "\${word%%=*}:"* ]] && excluded+=" \${pair#*:} "
      done
    elif [[ $commands ]]; then
      [[ " $commands " == *" $word "* || $command$word == ims || '${spaced(model.shortForms)}' == *" \${command#ims}$word "* ]] || return
      command="$command $word"
      _cray_ims_describe
    elif [[ $arguments == *=@command ]]; then
      # What follows is a command line of its own, most often one of ours.
      ended=1 arguments=FILE...=@file
      [[ \${word##*/} == cray-ims ]] && command= ended= && _cray_ims_describe
    else
      taken=$((taken + 1))
    fi
  done

  local typed=\${words[last]} value= replaced=$2
  if [[ $flag ]]; then
    _cray_ims_value "$flag"
  elif [[ ! $ended && $typed == --*=* ]]; then
    _cray_ims_value "\${typed%%=*}"
    typed=\${typed#*=}
  elif [[ ! $ended && ($typed == -* || ! $typed$commands$arguments) ]]; then
    for word in $options; do
      [[ $excluded == *" \${word%%=*} "* ]] || value+=" \${word%%=*}"
    done
  elif [[ $commands ]]; then
    value=$commands
  else
    for word in $arguments; do
      if ((taken-- == 0)) || [[ $word == *...=* ]]; then value=\${word#*=} && break; fi
    done
  fi
  _cray_ims_reply "$value" "$typed" "\${2%"$typed"}"
}

# What an option takes stands behind its =, and so for arguments: words between bars, @file, @command, @live, @file+live, or
# nothing.
_cray_ims_value() {
  for word in $options; do
    [[ $word == "$1="* ]] && value=\${word#*=} && break
  done
}

_cray_ims_reply() {
  local IFS=$' \\t\\n'
  if [[ $1 == @command && $2 != */* ]]; then
    IFS=$'\\n'
    COMPREPLY=($(compgen -c -- "$2"))
  elif [[ $1 != @* ]]; then
    COMPREPLY=($(compgen -P "$3" -W "\${1//|/ }" -- "$2"))
  else
    [[ $1 == @live || ($1 == @file+live && $2) ]] && _cray_ims_live
    [[ $1 == @live || \${#COMPREPLY[@]} -gt 0 ]] && return
    compopt -o default 2> /dev/null && return
    IFS=$'\\n'
    COMPREPLY=($(compgen -P "$3" -f -- "$2"))
  fi
}

# Asks the program for words that only the service or this machine knows. They come ready to be inserted, and are never
# evaluated here; what they are is shown where they are listed.
_cray_ims_live() {
  local program=cray-ims kept= word about width=0 shown=()
  [[ \${words[0]} == */cray-ims && -x \${words[0]} ]] && program=\${words[0]}
  # Readline replaces less than the word where that has a quote or one of its own separators.
  [[ \${words[last]} == *"$replaced" ]] && kept=\${words[last]%"$replaced"}
  while IFS=$'\\t' read -r word about; do
    COMPREPLY+=("$word") shown+=("$about")
    ((\${#word} > width)) && width=\${#word}
  done < <(command "$program" __complete bash "$kept" "\${words[@]}" 2> /dev/null < /dev/null)
  compopt -o nosort 2> /dev/null
  [[ $COMP_TYPE == 33 || $COMP_TYPE == 63 || $COMP_TYPE == 64 ]] && [[ $kept != *[\\"\\']* ]] && ((\${#COMPREPLY[@]} > 1)) || return
  for at in "\${!COMPREPLY[@]}"; do
    [[ \${shown[at]} ]] || continue
    printf -v word '%-*s  (%s)' "$width" "\${COMPREPLY[at]}" "\${shown[at]}"
    COMPREPLY[at]=\${word:0:\${COLUMNS:-80}-1}
  done
}

_cray_ims_describe() {
  command=\${command# }
${aliases.map((alias) => `  command=\${command#${alias} }`).join('\n')}
  commands= arguments= excludes= excluded=
  options='${optionWords(model.global)}'
  case $command in
${cases.map(([sets, words]) => `    ${words.map((one) => `'${one}'`).join(' | ')}) ${sets} ;;`).join('\n')}
  esac
}

complete -F _cray_ims cray-ims
if ! complete -p cray &> /dev/null && [[ "$(type -P cray)" -ef "$(type -P cray-ims)" ]]; then
  complete -F _cray_ims cray
fi
`
}

function describe(command: CommandModel, model: CommandsModel): string {
  const { all, own, redefines } = optionsOf(command, model)
  const sets = [
    command.commands.length > 0 && `commands='${command.commands.map(({ name }) => name).join(' ')}'`,
    command.arguments.length > 0 &&
      `arguments='${command.arguments.map(({ name, many, value }) => `${name}${many ? '...' : ''}=${valueWord(value)}`).join(' ')}'`,
    redefines ? `options='${optionWords(all)}'` : own.length > 0 && `options+=' ${optionWords(own)}'`,
    own.some(({ excludes }) => excludes.length > 0) && `excludes='${exclusionPairs(own)}'`,
  ]
  return sets.filter(Boolean).join(' ')
}

const spaced = (words: readonly string[]) => ` ${words.join(' ')} `

function optionWords(options: readonly OptionModel[]): string {
  return options.flatMap(({ flags, value }) => flags.map((flag) => (value ? `${flag}=${valueWord(value)}` : flag))).join(' ')
}

/** What isn't offered once something is typed: `--script:--run`. */
function exclusionPairs(options: readonly OptionModel[]): string {
  return options.flatMap(({ flags, excludes }) => flags.flatMap((flag) => excludes.map((other) => `${flag}:${other}`))).join(' ')
}

function valueWord(value: ValueModel): string {
  if (typeof value !== 'string') return value.join('|')
  return value === 'text' ? '' : `@${value.replace(' or ', '+')}`
}
