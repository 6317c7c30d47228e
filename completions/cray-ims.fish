# Completions of cray-ims for fish, made from its table of commands. Save them in ~/.config/fish/completions, or
#   cray-ims completion fish | source
# and where a link calls it cray, also
#   cray-ims completion fish | string replace -- '-c cray-ims' '-c cray' | source

# The command that the words before the cursor name.
function __cray_ims_command
    set -l words (commandline -opc)
    set -l command (string match -r '^cray$' -- $words[1])
    set -l value
    for word in $words[2..-1]
        if set -q value[1]
            set -e value
        else if contains -- $word --configuration --format --token --query --ca-file --connect-timeout --request-timeout --retries
            set value $word
        else if not string match -q -- '-*' $word
            set command (string trim -- "$command $word" | string replace -r '^cray (ims|init|auth|config)$' '$1' | string replace -r '^ims (public-keys|recipes|images|jobs|deleted|remote-build-nodes|mock|completion)$' '$1')
            contains -- $command ims cray public-keys recipes images jobs deleted 'deleted recipes' 'deleted images' 'deleted public-keys' remote-build-nodes 'remote-build-nodes status' auth config
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

complete -c cray-ims -f
complete -c cray-ims -l configuration -x -d 'Configuration to use (CRAY_CONFIG)'
complete -c cray-ims -l quiet -d 'Print no messages, only the result (CRAY_QUIET)'
complete -c cray-ims -l format -x -a 'json toml yaml' -d 'How the result is printed (CRAY_FORMAT); toml by default'
complete -c cray-ims -l token -r -F -d 'Token file to use (CRAY_CREDENTIALS)'
complete -c cray-ims -s v -l verbose -d 'Say on stderr what is sent; more with -vv, -vvv'
complete -c cray-ims -l query -x -d 'Print only what this JMESPath expression picks'
complete -c cray-ims -l ca-file -r -F -d 'Certificates to trust besides the usual (CRAY_IMS_CA_FILE)'
complete -c cray-ims -l insecure -d 'Do not verify the server (CRAY_IMS_INSECURE=1)'
complete -c cray-ims -l connect-timeout -x -d 'Longest wait for a connection; 10s by default'
complete -c cray-ims -l request-timeout -x -d 'Longest wait for the next byte; 60s by default, 300s for a write'
complete -c cray-ims -l retries -x -d 'How often a read is tried again (CRAY_IMS_RETRIES); 3 by default'
complete -c cray-ims -s h -l help -d 'Show this help'
complete -c cray-ims -n '__cray_ims_at "" ims' -a public-keys -d 'SSH keys that open the shells of jobs'
complete -c cray-ims -n '__cray_ims_at "" ims' -a recipes -d 'What images are built from'
complete -c cray-ims -n '__cray_ims_at "" ims' -a images -d 'What nodes boot'
complete -c cray-ims -n '__cray_ims_at "" ims' -a jobs -d 'Builds and customisations, running and ended'
complete -c cray-ims -n '__cray_ims_at "" ims' -a deleted -d 'What was deleted and can be brought back'
complete -c cray-ims -n '__cray_ims_at "" ims' -a remote-build-nodes -d 'Nodes outside Kubernetes that images are built on'
complete -c cray-ims -n '__cray_ims_at "" ims' -a mock -d 'Run an IMS of your own, for tests'
complete -c cray-ims -n '__cray_ims_at "" ims' -a completion -d 'Print the completions for a shell'
complete -c cray-ims -n '__cray_ims_at "" cray' -a init -d 'Make a configuration and log in'
complete -c cray-ims -n '__cray_ims_at "" cray' -a auth -d 'Credentials'
complete -c cray-ims -n '__cray_ims_at "" cray' -a config -d 'Configurations'
complete -c cray-ims -n '__cray_ims_at ""' -l version -d 'Show name and version'
complete -c cray-ims -n '__cray_ims_at cray' -a ims -d 'Image Management Service'
complete -c cray-ims -n '__cray_ims_at public-keys' -a list -d 'List all public keys'
complete -c cray-ims -n '__cray_ims_at public-keys' -a create -d 'Create a public key'
complete -c cray-ims -n '__cray_ims_at public-keys' -a deleteall -d 'Delete all public keys'
complete -c cray-ims -n '__cray_ims_at public-keys' -a describe -d 'Show one public key'
complete -c cray-ims -n '__cray_ims_at public-keys' -a delete -d 'Delete one public key'
complete -c cray-ims -n '__cray_ims_at "public-keys create" "recipes create" "images create"' -l name -x -d 'Its name'
complete -c cray-ims -n '__cray_ims_at "public-keys create"' -l public-key -r -F -d 'File that holds the public key; - is stdin'
complete -c cray-ims -n '__cray_ims_at "public-keys deleteall" "recipes deleteall" "images deleteall" "jobs deleteall" "deleted recipes deleteall" "deleted images deleteall" "deleted public-keys deleteall" "remote-build-nodes deleteall"' -l yes -d 'Do not ask, in a terminal'
complete -c cray-ims -n '__cray_ims_at recipes' -a list -d 'List all recipes'
complete -c cray-ims -n '__cray_ims_at recipes' -a create -d 'Create a recipe'
complete -c cray-ims -n '__cray_ims_at recipes' -a deleteall -d 'Delete all recipes'
complete -c cray-ims -n '__cray_ims_at recipes' -a describe -d 'Show one recipe'
complete -c cray-ims -n '__cray_ims_at recipes' -a update -d 'Change one recipe'
complete -c cray-ims -n '__cray_ims_at recipes' -a delete -d 'Delete one recipe'
complete -c cray-ims -n '__cray_ims_at "recipes create"' -l linux-distribution -x -a 'sles12 sles15 centos7' -d 'Distribution that it builds'
complete -c cray-ims -n '__cray_ims_at "recipes create"' -l recipe-type -x -a 'kiwi-ng packer' -d 'What builds it'
complete -c cray-ims -n '__cray_ims_at "recipes create" "recipes update" "images create" "images update"' -l arch -x -a 'aarch64 x86_64' -d 'Architecture; x86_64 where it is not given'
complete -c cray-ims -n '__cray_ims_at "recipes create" "recipes update" "images create" "images update"' -l link-etag -x -d 'Entity tag that the artifact must have'
complete -c cray-ims -n '__cray_ims_at "recipes create" "recipes update" "images create" "images update"' -l link-path -x -d 'Where the artifact is: s3://BUCKET/KEY'
complete -c cray-ims -n '__cray_ims_at "recipes create" "recipes update" "images create" "images update"' -l link-type -x -d 'How it is stored: s3'
complete -c cray-ims -n '__cray_ims_at "recipes create" "recipes update" "jobs create"' -l require-dkms -x -a 'true false' -d 'Whether building needs DKMS (kernel modules, and so more rights)'
complete -c cray-ims -n '__cray_ims_at "recipes create" "recipes update"' -l template-dictionary-key -x -d 'Variables that the recipe is filled in with'
complete -c cray-ims -n '__cray_ims_at "recipes create" "recipes update"' -l template-dictionary-value -x -d 'Their values, in the same order'
complete -c cray-ims -n '__cray_ims_at images' -a list -d 'List all images'
complete -c cray-ims -n '__cray_ims_at images' -a create -d 'Create an image'
complete -c cray-ims -n '__cray_ims_at images' -a deleteall -d 'Delete all images'
complete -c cray-ims -n '__cray_ims_at images' -a describe -d 'Show one image'
complete -c cray-ims -n '__cray_ims_at images' -a update -d 'Change one image'
complete -c cray-ims -n '__cray_ims_at images' -a delete -d 'Delete one image'
complete -c cray-ims -n '__cray_ims_at "images create" "images update"' -l metadata-key -x -d 'Key of a note on the image'
complete -c cray-ims -n '__cray_ims_at "images create" "images update"' -l metadata-value -x -d 'Its value'
complete -c cray-ims -n '__cray_ims_at "images update"' -l metadata-operation -x -a 'set remove' -d 'What to do with the note'
complete -c cray-ims -n '__cray_ims_at jobs' -a list -d 'List all jobs'
complete -c cray-ims -n '__cray_ims_at jobs' -a create -d 'Create a job'
complete -c cray-ims -n '__cray_ims_at jobs' -a deleteall -d 'Delete the jobs that the options pick; without options, all'
complete -c cray-ims -n '__cray_ims_at jobs' -a describe -d 'Show one job'
complete -c cray-ims -n '__cray_ims_at jobs' -a delete -d 'Delete one job'
complete -c cray-ims -n '__cray_ims_at jobs' -a debug -d 'Open a job\'s shell'
complete -c cray-ims -n '__cray_ims_at jobs' -a complete -d 'Tell a job that waits to go on, and keep its result'
complete -c cray-ims -n '__cray_ims_at jobs' -a fail -d 'Tell a job that waits to end without a result'
complete -c cray-ims -n '__cray_ims_at jobs' -a wait -d 'Wait for jobs'
complete -c cray-ims -n '__cray_ims_at jobs' -a logs -d 'Show the logs of a job\'s containers, through kubectl'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l artifact-id -x -d 'Recipe to build (create) or image to change (customize)'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l image-root-archive-name -x -d 'Name of the resulting image'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l job-type -x -a 'create customize' -d 'Build a recipe, or change an image'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l public-key-id -x -d 'Public key that opens its shell'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l build-env-size -x -d 'Size of its build volume in GiB'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l enable-debug -x -a 'true false' -d 'Open a shell if the build fails'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l initrd-file-name -x -d 'Name of the initrd in /boot of the image root'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l kernel-file-name -x -d 'Name of the kernel in /boot; by default the one of its arch'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l kernel-parameters-file-name -x -d 'Name of the file in /boot that holds the kernel parameters'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l ssh-containers-jail -x -a 'true false' -d 'Whether the shell is confined to the image root'
complete -c cray-ims -n '__cray_ims_at "jobs create"' -l ssh-containers-name -x -d 'Name of the container that has the shell'
complete -c cray-ims -n '__cray_ims_at "jobs deleteall"' -l age -x -d 'Only jobs older than this: 7d, 12h'
complete -c cray-ims -n '__cray_ims_at "jobs deleteall"' -l job-type -x -a 'create customize' -d 'Only jobs of this type'
complete -c cray-ims -n '__cray_ims_at "jobs deleteall"' -l status -x -a 'creating fetching_image fetching_recipe waiting_for_repos building_image waiting_on_user error success' -d 'Only jobs in this status'
complete -c cray-ims -n '__cray_ims_at "jobs debug" "jobs complete" "jobs fail"' -s c -l container -x -d 'SSH container; the only one by default, or debug'
complete -c cray-ims -n '__cray_ims_at "jobs debug" "jobs complete" "jobs fail"' -l access -x -a 'auto customer cluster port-forward' -d 'Which way in: the address outside the cluster, the one inside, or through kubectl'
complete -c cray-ims -n '__cray_ims_at "jobs debug" "jobs complete" "jobs fail"' -s i -l identity -r -F -d 'Private key; by default the one among yours that the job wants'
complete -c cray-ims -n '__cray_ims_at "jobs debug" "jobs complete" "jobs fail"' -l host-key -x -a 'accept-new verify' -d 'Whether a host key that can\'t be compared with the container\'s own is accepted'
complete -c cray-ims -n '__cray_ims_at "jobs debug"' -l on-exit -x -a 'complete fail keep delete' -d 'What becomes of the job when the shell ends; asked in a terminal, else keep'
complete -c cray-ims -n '__cray_ims_at "jobs debug"' -s t -l tty -d 'Give COMMAND a terminal'
complete -c cray-ims -n '__cray_ims_at "jobs debug"' -l timeout -x -d 'Longest wait for the shell; without end in a terminal, else 1h'
complete -c cray-ims -n '__cray_ims_at "jobs debug" "jobs complete" "jobs fail" "jobs wait"' -l interval -x -d 'Time between looks'
complete -c cray-ims -n '__cray_ims_at "jobs debug"' -l print-command -d 'Print the ssh line that does the same'
complete -c cray-ims -n '__cray_ims_at "jobs debug"' -l ssh-config -d 'Print a Host block, for scp, sftp, rsync and ansible'
complete -c cray-ims -n '__cray_ims_at "jobs debug"' -l openssh -d 'Use the system\'s ssh'
complete -c cray-ims -n '__cray_ims_at "jobs complete" "jobs fail"' -l no-wait -d 'Do not wait for the outcome'
complete -c cray-ims -n '__cray_ims_at "jobs complete" "jobs fail"' -l timeout -x -d 'Longest wait for the outcome'
complete -c cray-ims -n '__cray_ims_at "jobs wait"' -l for -x -d 'What to wait for'
complete -c cray-ims -n '__cray_ims_at "jobs wait"' -l timeout -x -d 'Longest wait'
complete -c cray-ims -n '__cray_ims_at "jobs logs"' -s f -l follow -d 'Go on to the end of the job, which the exit code tells'
complete -c cray-ims -n '__cray_ims_at "jobs logs"' -s c -l container -x -d 'Only this container'
complete -c cray-ims -n '__cray_ims_at "jobs logs"' -l since -x -d 'Only lines newer than this'
complete -c cray-ims -n '__cray_ims_at "jobs logs"' -l tail -x -d 'Only the last lines of each container'
complete -c cray-ims -n '__cray_ims_at "jobs logs"' -l timestamps -d 'When each line was written'
complete -c cray-ims -n '__cray_ims_at "jobs logs"' -l no-prefix -d 'Without the containers\' names'
complete -c cray-ims -n '__cray_ims_at "jobs logs"' -l failed -d 'The last 200 lines of the container that failed'
complete -c cray-ims -n '__cray_ims_at deleted' -a recipes -d 'Deleted recipes'
complete -c cray-ims -n '__cray_ims_at deleted' -a images -d 'Deleted images'
complete -c cray-ims -n '__cray_ims_at deleted' -a public-keys -d 'Deleted public keys'
complete -c cray-ims -n '__cray_ims_at "deleted recipes"' -a list -d 'List all deleted recipes'
complete -c cray-ims -n '__cray_ims_at "deleted recipes"' -a deleteall -d 'Delete all deleted recipes'
complete -c cray-ims -n '__cray_ims_at "deleted recipes"' -a update -d 'Bring one deleted recipe back'
complete -c cray-ims -n '__cray_ims_at "deleted recipes"' -a describe -d 'Show one deleted recipe'
complete -c cray-ims -n '__cray_ims_at "deleted recipes"' -a delete -d 'Delete one deleted recipe for good, with its artifacts'
complete -c cray-ims -n '__cray_ims_at "deleted recipes update" "deleted images update" "deleted public-keys update"' -l operation -x -a 'undelete' -d 'What to do with it'
complete -c cray-ims -n '__cray_ims_at "deleted images"' -a list -d 'List all deleted images'
complete -c cray-ims -n '__cray_ims_at "deleted images"' -a deleteall -d 'Delete all deleted images'
complete -c cray-ims -n '__cray_ims_at "deleted images"' -a update -d 'Bring one deleted image back'
complete -c cray-ims -n '__cray_ims_at "deleted images"' -a describe -d 'Show one deleted image'
complete -c cray-ims -n '__cray_ims_at "deleted images"' -a delete -d 'Delete one deleted image for good, with its artifacts'
complete -c cray-ims -n '__cray_ims_at "deleted public-keys"' -a list -d 'List all deleted public keys'
complete -c cray-ims -n '__cray_ims_at "deleted public-keys"' -a deleteall -d 'Delete all deleted public keys'
complete -c cray-ims -n '__cray_ims_at "deleted public-keys"' -a update -d 'Bring one deleted public key back'
complete -c cray-ims -n '__cray_ims_at "deleted public-keys"' -a describe -d 'Show one deleted public key'
complete -c cray-ims -n '__cray_ims_at "deleted public-keys"' -a delete -d 'Delete one deleted public key for good, with its artifacts'
complete -c cray-ims -n '__cray_ims_at remote-build-nodes' -a list -d 'List all remote build nodes'
complete -c cray-ims -n '__cray_ims_at remote-build-nodes' -a create -d 'Create a remote build node'
complete -c cray-ims -n '__cray_ims_at remote-build-nodes' -a deleteall -d 'Delete all remote build nodes'
complete -c cray-ims -n '__cray_ims_at remote-build-nodes "remote-build-nodes status"' -a describe -d 'Show one remote build node'
complete -c cray-ims -n '__cray_ims_at remote-build-nodes' -a delete -d 'Delete one remote build node'
complete -c cray-ims -n '__cray_ims_at remote-build-nodes' -a status -d 'Whether they can be built on'
complete -c cray-ims -n '__cray_ims_at "remote-build-nodes create"' -l xname -x -d 'Its xname'
complete -c cray-ims -n '__cray_ims_at "remote-build-nodes status"' -a list -d 'List all states of remote build nodes'
complete -c cray-ims -n '__cray_ims_at mock' -l port -x -d 'Port to listen on; a free one by default'
complete -c cray-ims -n '__cray_ims_at mock' -l tls -d 'Serve HTTPS, with a CA made for it, and a token endpoint'
complete -c cray-ims -n '__cray_ims_at mock' -l speed -x -d 'How many times faster jobs run; step: each describe moves a job on'
complete -c cray-ims -n '__cray_ims_at mock' -l fail-builds -d 'Builds fail'
complete -c cray-ims -n '__cray_ims_at mock' -l fault -x -d 'Answer wrongly: \'GET /jobs 503 x3\', \'… delay=2s\', \'… reset\', \'… truncate\'; several times'
complete -c cray-ims -n '__cray_ims_at mock' -l state -r -F -d 'Keep the records in this file'
complete -c cray-ims -n '__cray_ims_at mock' -l seed -r -F -d 'Records to start with (JSON)'
complete -c cray-ims -n '__cray_ims_at mock' -l ready-file -r -F -d 'Write the JSON object there in place of stdout'
complete -c cray-ims -n '__cray_ims_at mock' -a '(__cray_ims_rest)'
complete -c cray-ims -n '__cray_ims_at completion; and not __fish_seen_subcommand_from bash zsh fish' -a 'bash zsh fish'
complete -c cray-ims -n '__cray_ims_at init' -l hostname -x -d 'Address of the system\'s API gateway'
complete -c cray-ims -n '__cray_ims_at init' -l tenant -x -d 'Tenant that requests are made for'
complete -c cray-ims -n '__cray_ims_at init' -l no-auth -d 'Do not log in'
complete -c cray-ims -n '__cray_ims_at init' -l overwrite -d 'Replace an existing configuration without asking'
complete -c cray-ims -n '__cray_ims_at auth' -a login -d 'Get a token and keep it'
complete -c cray-ims -n '__cray_ims_at "auth login"' -l username -x -d 'User; asked for where it is not given'
complete -c cray-ims -n '__cray_ims_at "auth login"' -l password -x -d 'Password; better typed when asked: others can see a command line'
complete -c cray-ims -n '__cray_ims_at "auth login"' -l rsa_token -x -d 'RSA token, where the system wants one'
complete -c cray-ims -n '__cray_ims_at config' -a use -d 'Make a configuration the active one'
complete -c cray-ims -n '__cray_ims_at config' -a list -d 'List the configurations'
complete -c cray-ims -n '__cray_ims_at config' -a describe -d 'Show the active configuration'
complete -c cray-ims -n '__cray_ims_at config' -a get -d 'Show one setting'
complete -c cray-ims -n '__cray_ims_at config' -a set -d 'Change settings of one section'
complete -c cray-ims -n '__cray_ims_at config' -a unset -d 'Remove settings'
