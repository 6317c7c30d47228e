import ssh2 from 'ssh2'

const { generateKeyPairSync, parseKey } = ssh2.utils

/** New host keys of a container: private keys in OpenSSH's format. Each job's container makes its own. */
export function makeHostKeys(): string[] {
  return [generate('ed25519'), generate('ecdsa')]
}

/** Their public halves, as files of the container. */
export function hostKeyFiles(hostKeys: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    hostKeys.map((text) => {
      const key = parseKey(text)
      if (key instanceof Error) throw key
      const name = key.type === 'ssh-ed25519' ? 'ed25519' : 'ecdsa'
      return [`etc/ssh/ssh_host_${name}_key.pub`, `${key.type} ${key.getPublicSSH().toString('base64')} root\n`]
    }),
  )
}

function generate(type: 'ed25519' | 'ecdsa'): string {
  for (;;) {
    const pair = type === 'ecdsa' ? generateKeyPairSync(type, { bits: 256 }) : generateKeyPairSync(type)
    // One in 256 ed25519 keys that ssh2 makes it can't read again.
    if (!(parseKey(pair.private) instanceof Error)) return pair.private
  }
}
