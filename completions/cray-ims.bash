# Completions of cray-ims for bash, made from its table of commands. Load them with
#   source <(cray-ims completion bash)
# A link to it that is called cray is completed, too, unless something else completes cray; then, to replace that:
#   complete -F _cray_ims cray

_cray_ims() {
  local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} words=() last=-1 word at
  COMPREPLY=()
  # Readline also takes words apart at = and :, so what no space separates is put together again.
  for ((at = 0; at <= COMP_CWORD; at++)); do
    [[ $at == 0 || $line == [[:space:]]* ]] && words[++last]=
    line=${line#"${line%%[![:space:]]*}"} word=${COMP_WORDS[at]}
    [[ $at == "$COMP_CWORD" ]] && word=$line
    words[last]+=$word line=${line#"$word"}
  done

  local command= commands options arguments excludes excluded= pair flag= ended= taken=0
  [[ ${1##*/} == cray ]] && command=cray
  _cray_ims_describe
  for ((at = 1; at < last; at++)); do
    word=${words[at]}
    if [[ $flag ]]; then
      flag=
    elif [[ ! $ended && $word == -- ]]; then
      ended=1
    elif [[ ! $ended && $word == -* ]]; then
      [[ " $options" == *" $word="* ]] && flag=$word
      for pair in $excludes; do
        [[ $pair == "${word%%=*}:"* ]] && excluded+=" ${pair#*:} "
      done
    elif [[ $commands ]]; then
      [[ " $commands " == *" $word "* || $command$word == ims || ' debug wait logs ' == *" ${command#ims}$word "* ]] || return
      command="$command $word"
      _cray_ims_describe
    elif [[ $arguments == *=@command ]]; then
      # What follows is a command line of its own, most often one of ours.
      ended=1 arguments=FILE...=@file
      [[ ${word##*/} == cray-ims ]] && command= ended= && _cray_ims_describe
    else
      taken=$((taken + 1))
    fi
  done

  local typed=${words[last]} value= replaced=$2
  if [[ $flag ]]; then
    _cray_ims_value "$flag"
  elif [[ ! $ended && $typed == --*=* ]]; then
    _cray_ims_value "${typed%%=*}"
    typed=${typed#*=}
  elif [[ ! $ended && ($typed == -* || ! $typed$commands$arguments) ]]; then
    for word in $options; do
      [[ $excluded == *" ${word%%=*} "* ]] || value+=" ${word%%=*}"
    done
  elif [[ $commands ]]; then
    value=$commands
  else
    for word in $arguments; do
      if ((taken-- == 0)) || [[ $word == *...=* ]]; then value=${word#*=} && break; fi
    done
  fi
  _cray_ims_reply "$value" "$typed" "${2%"$typed"}"
}

# What an option takes stands behind its =, and so for arguments: words between bars, @file, @command, @live, @file+live, or
# nothing.
_cray_ims_value() {
  for word in $options; do
    [[ $word == "$1="* ]] && value=${word#*=} && break
  done
}

_cray_ims_reply() {
  local IFS=$' \t\n'
  if [[ $1 == @command && $2 != */* ]]; then
    IFS=$'\n'
    COMPREPLY=($(compgen -c -- "$2"))
  elif [[ $1 != @* ]]; then
    COMPREPLY=($(compgen -P "$3" -W "${1//|/ }" -- "$2"))
  else
    [[ $1 == @live || ($1 == @file+live && $2) ]] && _cray_ims_live
    [[ $1 == @live || ${#COMPREPLY[@]} -gt 0 ]] && return
    compopt -o default 2> /dev/null && return
    IFS=$'\n'
    COMPREPLY=($(compgen -P "$3" -f -- "$2"))
  fi
}

# Asks the program for words that only the service or this machine knows. They come ready to be inserted, and are never
# evaluated here; what they are is shown where they are listed.
_cray_ims_live() {
  local program=cray-ims kept= word about width=0 shown=()
  [[ ${words[0]} == */cray-ims && -x ${words[0]} ]] && program=${words[0]}
  # Readline replaces less than the word where that has a quote or one of its own separators.
  [[ ${words[last]} == *"$replaced" ]] && kept=${words[last]%"$replaced"}
  while IFS=$'\t' read -r word about; do
    COMPREPLY+=("$word") shown+=("$about")
    ((${#word} > width)) && width=${#word}
  done < <(command "$program" __complete bash "$kept" "${words[@]}" 2> /dev/null < /dev/null)
  compopt -o nosort 2> /dev/null
  [[ $COMP_TYPE == 33 || $COMP_TYPE == 63 || $COMP_TYPE == 64 ]] && [[ $kept != *[\"\']* ]] && ((${#COMPREPLY[@]} > 1)) || return
  for at in "${!COMPREPLY[@]}"; do
    [[ ${shown[at]} ]] || continue
    printf -v word '%-*s  (%s)' "$width" "${COMPREPLY[at]}" "${shown[at]}"
    COMPREPLY[at]=${word:0:${COLUMNS:-80}-1}
  done
}

_cray_ims_describe() {
  command=${command# }
  command=${command#cray }
  command=${command#ims }
  commands= arguments= excludes= excluded=
  options='--configuration=@live --quiet -o=json|toml|yaml|table|csv|jsonl|name|id --format=json|toml|yaml|table|csv|jsonl|name|id --token=@file -v --verbose --query= --ca-file=@file --insecure --connect-timeout= --request-timeout= --retries= -h --help'
  case $command in
    '') commands='public-keys recipes images jobs deleted remote-build-nodes build customize doctor mock completion init auth config' options+=' --version' ;;
    'ims') commands='public-keys recipes images jobs deleted remote-build-nodes build customize doctor mock completion' ;;
    'cray') commands='ims init auth config' ;;
    'public-keys') commands='list create deleteall describe delete undelete' ;;
    'public-keys list' | 'deleted public-keys list') options+=' --name=@live --older-than= --newer-than= --columns=@live --no-headers --wide --sort-by=@live -w --watch --interval=' ;;
    'public-keys create') options+=' --name= --public-key=@file' ;;
    'public-keys deleteall' | 'recipes deleteall' | 'images deleteall' | 'deleted recipes deleteall' | 'deleted images deleteall' | 'deleted public-keys deleteall' | 'remote-build-nodes deleteall') options+=' --yes' ;;
    'public-keys describe') arguments='PUBLIC_KEY_ID...=@live' options+=' --columns=@live --no-headers --wide -w --watch --interval= --latest' ;;
    'public-keys delete') arguments='PUBLIC_KEY_ID...=@live' options+=' --latest' ;;
    'public-keys undelete' | 'deleted public-keys delete') arguments='DELETED_PUBLIC_KEY_ID...=@live' options+=' --latest' ;;
    'recipes') commands='list create deleteall describe update delete undelete prune edit-dictionary upload check download diff clone' ;;
    'recipes list' | 'images list' | 'deleted recipes list' | 'deleted images list') options+=' --name=@live --arch=aarch64|x86_64 --older-than= --newer-than= --columns=@live --no-headers --wide --sort-by=@live -w --watch --interval=' ;;
    'recipes create') options+=' --linux-distribution=sles12|sles15|centos7 --name= --recipe-type=kiwi-ng|packer --arch=aarch64|x86_64 --link-etag= --link-path= --link-type= --require-dkms=true|false --template-dictionary-key= --template-dictionary-value=' ;;
    'recipes describe' | 'deleted recipes describe') arguments='RECIPE_ID...=@live' options+=' --columns=@live --no-headers --wide -w --watch --interval= --latest' ;;
    'recipes update') arguments='RECIPE_ID=@live' options+=' --arch=aarch64|x86_64 --link-etag= --link-path= --link-type= --require-dkms=true|false --template-dictionary-key= --template-dictionary-value= --latest' ;;
    'recipes delete') arguments='RECIPE_ID...=@live' options+=' --latest --name=@live --arch=aarch64|x86_64 --older-than= --newer-than= --keep=@file --dry-run --yes' ;;
    'recipes undelete' | 'deleted recipes delete') arguments='RECIPE_ID...=@live' options+=' --latest' ;;
    'recipes prune') options+=' --name=@live --arch=aarch64|x86_64 --older-than= --newer-than= --keep=@file --dry-run --yes' ;;
    'recipes edit-dictionary') arguments='RECIPE=@live CHANGE...=' options+=' --latest' ;;
    'recipes upload') arguments='SOURCE=@file' options+=' --name= --recipe-type=kiwi-ng|packer --linux-distribution=sles12|sles15|centos7 --arch=aarch64|x86_64 --require-dkms=true|false --template-dictionary-key= --template-dictionary-value= --template= --exclude= --yes --if-exists=fail|skip|replace --dry-run --s3-endpoint=' ;;
    'recipes check') arguments='SOURCE=@file+live' options+=' --recipe-type=kiwi-ng|packer --arch=aarch64|x86_64 --template-dictionary-key= --template-dictionary-value= --template= --exclude= --yes --repos --latest --s3-endpoint=' ;;
    'recipes download') arguments='RECIPE=@live' options+=' --output=@file --dir=@file --latest --s3-endpoint=' excludes='--output:--dir --dir:--output' ;;
    'recipes diff') arguments='A=@file+live B=@file+live' options+=' --latest --s3-endpoint=' ;;
    'recipes clone') arguments='RECIPE=@live NEW_NAME=' options+=' --name= --recipe-type=kiwi-ng|packer --linux-distribution=sles12|sles15|centos7 --arch=aarch64|x86_64 --require-dkms=true|false --template-dictionary-key= --template-dictionary-value= --if-exists=fail|skip|replace --dry-run --latest --s3-endpoint=' ;;
    'images') commands='list create deleteall describe update delete undelete prune artifacts verify import export diff copy rename' ;;
    'images create') options+=' --name= --arch=aarch64|x86_64 --link-etag= --link-path= --link-type= --metadata-key= --metadata-value=' ;;
    'images describe') arguments='IMAGE_ID...=@live' options+=' --columns=@live --no-headers --wide -w --watch --interval= --latest' ;;
    'images update') arguments='IMAGE_ID=@live' options+=' --arch=aarch64|x86_64 --link-etag= --link-path= --link-type= --metadata-key= --metadata-operation=set|remove --metadata-value= --latest' ;;
    'images delete') arguments='IMAGE_ID...=@live' options+=' --latest --name=@live --arch=aarch64|x86_64 --older-than= --newer-than= --in-use=bos|bss --keep=@file --dry-run --yes' ;;
    'images undelete') arguments='DELETED_IMAGE_ID...=@live' options+=' --arch=aarch64|x86_64 --latest' ;;
    'images prune') options+=' --name=@live --arch=aarch64|x86_64 --older-than= --newer-than= --in-use=bos|bss --keep=@file --dry-run --yes' ;;
    'images artifacts') arguments='IMAGE=@live' options+=' --type=kernel|initrd|rootfs|boot_parameters|manifest --for=bos|bss --arch=aarch64|x86_64 --latest --s3-endpoint=' ;;
    'images verify') arguments='IMAGE...=@live' options+=' --content --arch=aarch64|x86_64 --latest --s3-endpoint=' ;;
    'images import') options+=' --name= --rootfs=@file --kernel=@file --initrd=@file --boot-parameters=@file --from-dir=@file --arch=aarch64|x86_64 --metadata= --if-exists=fail|skip --dry-run --s3-endpoint=' excludes='--rootfs:--from-dir --from-dir:--rootfs' ;;
    'images export') arguments='IMAGE=@live' options+=' --dir=@file --type=kernel|initrd|rootfs|boot_parameters --arch=aarch64|x86_64 --latest --s3-endpoint=' ;;
    'images diff') arguments='IMAGE=@live OTHER_IMAGE=@live' options+=' --arch=aarch64|x86_64 --latest --s3-endpoint=' ;;
    'images copy') arguments='IMAGE=@live NEW_NAME=' options+=' --name= --arch=aarch64|x86_64 --latest --if-exists=fail|skip --dry-run --s3-endpoint=' ;;
    'images rename') arguments='IMAGE=@live NEW_NAME=' options+=' --name= --arch=aarch64|x86_64 --latest --dry-run --s3-endpoint=' ;;
    'jobs') commands='list create deleteall describe delete prune debug complete fail wait logs' ;;
    'jobs list') options+=' --name=@live --job-type=create|customize --status=creating|fetching_image|fetching_recipe|waiting_for_repos|building_image|packaging_artifacts|waiting_on_user|error|success --arch=aarch64|x86_64 --older-than= --newer-than= --columns=@live --no-headers --wide --sort-by=@live -w --watch --interval=' ;;
    'jobs create') options+=' --artifact-id=@live --image-root-archive-name= --job-type=create|customize --public-key-id=@live --build-env-size= --job-mem-size= --enable-debug=true|false --initrd-file-name= --kernel-file-name= --kernel-parameters-file-name= --require-dkms=true|false --ssh-containers-jail=true|false --ssh-containers-name= --latest' ;;
    'jobs deleteall') options+=' --age= --job-type=create|customize --status=creating|fetching_image|fetching_recipe|waiting_for_repos|building_image|packaging_artifacts|waiting_on_user|error|success --yes' ;;
    'jobs describe') arguments='JOB_ID...=@live' options+=' --columns=@live --no-headers --wide -w --watch --interval= --latest' ;;
    'jobs delete') arguments='JOB_ID...=@live' options+=' --latest --name=@live --job-type=create|customize --status=creating|fetching_image|fetching_recipe|waiting_for_repos|building_image|packaging_artifacts|waiting_on_user|error|success --arch=aarch64|x86_64 --older-than= --newer-than= --keep=@file --dry-run --yes' ;;
    'jobs prune') options+=' --name=@live --job-type=create|customize --status=creating|fetching_image|fetching_recipe|waiting_for_repos|building_image|packaging_artifacts|waiting_on_user|error|success --arch=aarch64|x86_64 --older-than= --newer-than= --keep=@file --dry-run --yes' ;;
    'jobs debug' | 'debug') arguments='JOB=@live COMMAND...=' options+=' -c=@live --container=@live --access=auto|customer|cluster|port-forward -i=@file --identity=@file --host-key=accept-new|verify --on-exit=save|discard|later|delete -t --tty --timeout= --interval= --print-command --ssh-config --openssh' excludes='--on-exit:--print-command --on-exit:--ssh-config --print-command:--on-exit --print-command:--ssh-config --print-command:--openssh --ssh-config:--on-exit --ssh-config:--print-command --ssh-config:--openssh --openssh:--print-command --openssh:--ssh-config' ;;
    'jobs complete' | 'jobs fail') arguments='JOB...=@live' options+=' -c=@live --container=@live --access=auto|customer|cluster|port-forward -i=@file --identity=@file --host-key=accept-new|verify --no-wait --timeout= --interval=' excludes='--no-wait:--timeout --timeout:--no-wait' ;;
    'jobs wait' | 'wait') arguments='JOB...=@live' options+=' --for=success|done|ready|creating|fetching_image|fetching_recipe|waiting_for_repos|building_image|packaging_artifacts|waiting_on_user|error --timeout= --interval=' ;;
    'jobs logs' | 'logs') arguments='JOB=@live' options+=' -f --follow -c=@live --container=@live --since= --tail= --timestamps --no-prefix --failed' excludes='-f:--failed --follow:--failed -c:--failed --container:--failed --since:--failed --timestamps:--failed --failed:-f --failed:--follow --failed:-c --failed:--container --failed:--since --failed:--timestamps' ;;
    'deleted') commands='recipes images public-keys' ;;
    'deleted recipes' | 'deleted images' | 'deleted public-keys') commands='list deleteall update describe delete' ;;
    'deleted recipes update') arguments='RECIPE_ID=@live' options+=' --operation=undelete --latest' ;;
    'deleted images update') arguments='DELETED_IMAGE_ID=@live' options+=' --operation=undelete --latest' ;;
    'deleted images describe') arguments='DELETED_IMAGE_ID...=@live' options+=' --columns=@live --no-headers --wide -w --watch --interval= --latest' ;;
    'deleted images delete') arguments='DELETED_IMAGE_ID...=@live' options+=' --latest' ;;
    'deleted public-keys update') arguments='DELETED_PUBLIC_KEY_ID=@live' options+=' --operation=undelete --latest' ;;
    'deleted public-keys describe') arguments='DELETED_PUBLIC_KEY_ID...=@live' options+=' --columns=@live --no-headers --wide -w --watch --interval= --latest' ;;
    'remote-build-nodes') commands='list create deleteall describe delete status' ;;
    'remote-build-nodes list') options+=' --columns=@live --no-headers --wide --sort-by=@live -w --watch --interval=' ;;
    'remote-build-nodes create') options+=' --xname=' ;;
    'remote-build-nodes describe' | 'remote-build-nodes status describe') arguments='REMOTE_BUILD_NODE_XNAME=@live' options+=' --columns=@live --no-headers --wide -w --watch --interval=' ;;
    'remote-build-nodes delete') arguments='REMOTE_BUILD_NODE_XNAME=@live' ;;
    'remote-build-nodes status') commands='describe list' ;;
    'remote-build-nodes status list') options+=' --arch=aarch64|x86_64 --columns=@live --no-headers --wide --sort-by=@live -w --watch --interval=' ;;
    'build') arguments='RECIPE=@live' options+=' --name= --arch=aarch64|x86_64 --latest --public-key=@file --build-env-size= --job-mem-size= --initrd-file-name= --kernel-file-name= --kernel-parameters-file-name= --require-dkms=true|false --if-exists=fail|skip|replace --new --on-failure=shell|keep|delete --without-logs --keep-job --debug --resume=@live --logs --cancel-on-interrupt --dry-run --timeout= --interval= --access=auto|customer|cluster|port-forward -i=@file --identity=@file --host-key=accept-new|verify -f=@file --file=@file --parallel= --s3-endpoint= --print-schema' excludes='--arch:--resume --latest:--resume --build-env-size:--resume --job-mem-size:--resume --initrd-file-name:--resume --kernel-file-name:--resume --kernel-parameters-file-name:--resume --require-dkms:--resume --new:--resume --debug:--resume --resume:--arch --resume:--latest --resume:--build-env-size --resume:--job-mem-size --resume:--initrd-file-name --resume:--kernel-file-name --resume:--kernel-parameters-file-name --resume:--require-dkms --resume:--new --resume:--debug --resume:--dry-run --resume:-f --resume:--file --resume:--print-schema --dry-run:--resume -f:--resume -f:--print-schema --file:--resume --file:--print-schema --print-schema:--resume --print-schema:-f --print-schema:--file' ;;
    'customize') arguments='IMAGE=@live' options+=' --name= --arch=aarch64|x86_64 --latest --public-key=@file --build-env-size= --job-mem-size= --initrd-file-name= --kernel-file-name= --kernel-parameters-file-name= --require-dkms=true|false --if-exists=fail|skip|replace --new --on-failure=shell|keep|delete --without-logs --keep-job --script=@file --run= --jail --no-jail --resume=@live --logs --cancel-on-interrupt --dry-run --timeout= --interval= --access=auto|customer|cluster|port-forward -i=@file --identity=@file --host-key=accept-new|verify' excludes='--arch:--resume --latest:--resume --build-env-size:--resume --job-mem-size:--resume --initrd-file-name:--resume --kernel-file-name:--resume --kernel-parameters-file-name:--resume --require-dkms:--resume --new:--resume --script:--run --run:--script --jail:--no-jail --jail:--resume --no-jail:--jail --no-jail:--resume --resume:--arch --resume:--latest --resume:--build-env-size --resume:--job-mem-size --resume:--initrd-file-name --resume:--kernel-file-name --resume:--kernel-parameters-file-name --resume:--require-dkms --resume:--new --resume:--jail --resume:--no-jail --resume:--dry-run --dry-run:--resume' ;;
    'mock') arguments='COMMAND...=@command' options+=' --port= --tls --server-name= --speed= --fail-builds --builds=succeeds|fails|out-of-memory|killed|fetch-fails|fetch-crashes|no-config|no-repos|repos-fail|no-kernel|packaging-fails|hangs --fault= --serial --credentials-last= --state=@file --seed=@file --ready-file=@file' excludes='--fail-builds:--builds --builds:--fail-builds' ;;
    'completion') arguments='SHELL=bash|zsh|fish' ;;
    'init') options+=' --hostname= --tenant= --no-auth --overwrite' ;;
    'auth') commands='login status logout' ;;
    'auth login') options+=' --username= --password= --rsa_token= --client-credentials' excludes='--username:--client-credentials --password:--client-credentials --rsa_token:--client-credentials --client-credentials:--username --client-credentials:--password --client-credentials:--rsa_token' ;;
    'config') commands='use list describe get set unset' ;;
    'config use') arguments='CONFIGURATION=@live' ;;
    'config describe') options+=' --origin' ;;
    'config get') arguments='PROPERTY=' ;;
    'config set') arguments='SECTION= VALUES...=' ;;
    'config unset') arguments='PROPERTIES...=' ;;
  esac
}

complete -F _cray_ims cray-ims
if ! complete -p cray &> /dev/null && [[ "$(type -P cray)" -ef "$(type -P cray-ims)" ]]; then
  complete -F _cray_ims cray
fi
