#!/usr/bin/env bash
# What the manual tells to type, shown as it is typed.
set -euo pipefail

bold='' plain='' dim=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' plain=$'\e[0m' dim=$'\e[2m'; fi

say() { printf '\n%s# %s%s\n' "$dim" "$1" "$plain"; }

# Shows a command, runs it, shows its output, and keeps that in $output.
try() {
  printf '%s$ %s%s\n' "$bold" "$1" "$plain"
  output=$(eval "$1")
  printf '%s\n' "$output"
}

# The value of a key in TOML.
value() { sed -n "s/^$1 = \"\(.*\)\"$/\1/p" <<<"$output" | head -n 1; }

say 'Is there a public key?'
try 'cray ims public-keys list'

say 'Upload one'
try 'cray ims public-keys create --name "username public key" --public-key ~/.ssh/id_rsa.pub'
IMS_PUBLIC_KEY_ID=$(value id)

say 'Find a recipe'
try 'cray ims recipes list'
IMS_RECIPE_ID=$(cray ims recipes list --query "[?contains(name, 'barebones')].id | [0]")
export IMS_PUBLIC_KEY_ID IMS_RECIPE_ID

say 'Build an image from it'
try 'cray ims jobs create --job-type create --image-root-archive-name cray-sles15-barebones --artifact-id $IMS_RECIPE_ID --public-key-id $IMS_PUBLIC_KEY_ID --enable-debug False'
IMS_JOB_ID=$(value id)
export IMS_JOB_ID

say 'Look until it ends'
status=
for _ in {1..20}; do
  try 'cray ims jobs describe $IMS_JOB_ID | grep -E "^(status|resultant_image_id)"'
  status=$(value status)
  [[ $status != error && $status != success ]] || break
done
[[ $status == success ]] || { echo "the job is $status" >&2; exit 1; }
IMS_RESULTANT_IMAGE_ID=$(value resultant_image_id)
export IMS_RESULTANT_IMAGE_ID

say 'The image'
try 'cray ims images describe $IMS_RESULTANT_IMAGE_ID'

say 'Remove the job'
try 'cray ims jobs delete $IMS_JOB_ID'

say 'The same in one command'
try 'cray ims build $IMS_RECIPE_ID --name cray-sles15-barebones-again --interval 0.2'
[[ $output =~ ^[0-9a-f-]{36}$ ]] || { echo 'that is no id of an image' >&2; exit 1; }

say 'Build another, which will fail, with a shell for its failure'
IMS_RECIPE_ID=$(cray ims recipes list --query "[?contains(name, 'broken')].id | [0]")
try 'cray ims jobs create --job-type create --image-root-archive-name cray-sles15-broken --artifact-id $IMS_RECIPE_ID --public-key-id $IMS_PUBLIC_KEY_ID --enable-debug True'
IMS_JOB_ID=$(value id)

say 'Follow its logs, besides'
logs=
if command -v kubectl >/dev/null; then
  printf '%s$ %s%s\n' "$bold" 'cray ims jobs logs $IMS_JOB_ID -f > ~/build.log &' "$plain"
  cray ims jobs logs "$IMS_JOB_ID" -f > ~/build.log &
  logs=$!
  trap 'kill $logs 2>/dev/null || true' EXIT
else
  echo 'There is no kubectl here, which logs are read with: this step is skipped.'
fi

say 'Open its shell as soon as the build has failed, and look around'
try "cray ims jobs debug \$IMS_JOB_ID --interval 1 --on-exit later -- 'ls /mnt/image/build/image-root; tail -n 3 /mnt/image/kiwi.log'"
[[ $output == *usr* && $output == *cos-libs* ]] || { echo 'that is not how a failed build looks' >&2; exit 1; }

say 'Let it end'
try 'cray ims jobs fail $IMS_JOB_ID --interval 1'

if [[ -n $logs ]]; then
  say 'What its logs said, whose end tells how the job ended: 1 for error'
  ended=0
  wait $logs || ended=$?
  logs=
  [[ $ended == 1 ]] || { echo "following the logs ended with $ended" >&2; exit 1; }
  try 'grep build-image ~/build.log | tail -n 5'
fi

say 'Remove this job, too'
try 'cray ims jobs delete $IMS_JOB_ID'

printf '\n%sEvery command above was a process of its own, over TLS.%s\n' "$dim" "$plain"
