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

printf '\n%sEvery command above was a process of its own, over TLS.%s\n' "$dim" "$plain"
