import ssh2 from 'ssh2'

const { generateKeyPairSync, parseKey } = ssh2.utils

/** New host keys of a container: private keys in OpenSSH's format. Each job's container makes its own. */
export function makeHostKeys(): string[] {
  return [generate('ed25519'), generate('ecdsa')]
}

function generate(type: 'ed25519' | 'ecdsa'): string {
  for (;;) {
    const pair = type === 'ecdsa' ? generateKeyPairSync(type, { bits: 256 }) : generateKeyPairSync(type)
    // One in a hundred ed25519 keys that ssh2 makes it can't read again.
    if (!(parseKey(pair.private) instanceof Error)) return pair.private
  }
}
