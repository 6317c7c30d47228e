import ssh2 from 'ssh2'

const { generateKeyPairSync, parseKey } = ssh2.utils

/** A new ed25519 key in OpenSSH's format. ssh2 strips zeros that a public key begins with: one in 256 that it makes is none. */
export function newKeyPair(options: object = {}): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = generateKeyPairSync('ed25519', options as never) as { private: string; public: string }
    if (!(parseKey(pair.public) instanceof Error)) return pair
  }
}
