/** Why a text can't be uploaded as a public key, or that it only looks odd. */
export type PublicKeyTrouble = { refused: string; private?: true } | { odd: string }

const types = /^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/

/** What is wrong with the text of a public key's file; undefined for a good one. The service pastes it into YAML as one line. */
export function publicKeyTrouble(text: string): PublicKeyTrouble | undefined {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----|^PuTTY-User-Key-File/m.test(text))
    return { refused: 'holds a private key, which must never leave this machine', private: true }
  if (text.startsWith('\uFEFF')) return { refused: 'starts with a byte order mark' }
  const lines = text.replace(/\n$/, '').split('\n')
  if (text.trim() === '') return { refused: 'is empty' }
  if (lines.length > 1) return { refused: `has ${lines.length} lines; a public key is one line` }
  const [type = '', data = ''] = text.trim().split(/\s+/)
  return types.test(type) && /^AAAA[A-Za-z0-9+/]+=*$/.test(data) ? undefined : { odd: 'does not look like a public key' }
}
