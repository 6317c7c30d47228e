#!/usr/bin/env bash
# The manual's procedure, with the manual's command lines, against the mock IMS over TLS. Each command is a process of
# its own; the demo fails if one does. It works in a folder of its own, as its home, which goes when it ends.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$(mktemp -d "${TMPDIR:-/tmp}/cray-ims-demo-XXXXXX")
trap 'rm -rf "$home"' EXIT
mkdir -p "$home/bin" "$home/.ssh"
# The manual says `cray`.
ln -s "$PWD/bin/cray-ims.js" "$home/bin/cray"
if command -v ssh-keygen >/dev/null; then
  ssh-keygen -q -t rsa -b 3072 -N '' -C username@ncn-m001 -f "$home/.ssh/id_rsa"
else
  node scripts/demo-key.mjs "$home/.ssh/id_rsa"
fi

env -i PATH="$home/bin:$PATH" HOME="$home" LANG=C.UTF-8 TERM="${TERM:-dumb}" ${NO_COLOR+NO_COLOR="$NO_COLOR"} \
  node bin/cray-ims.js mock --tls --speed step -- bash "$PWD/scripts/demo-procedure.sh"
