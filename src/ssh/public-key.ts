import { createHash } from 'node:crypto'

/** The public half of a key, or a host's. */
export interface PublicKey {
  /** `ssh-ed25519` */
  readonly type: string
  /** As SSH sends it. */
  readonly blob: Buffer
  /** What follows the key in its file; of no meaning. */
  readonly comment: string
}

/** The public key that a line has, as in a `.pub` file or `authorized_keys`; undefined where there is none. */
export function parsePublicKey(text: string): PublicKey | undefined {
  for (const line of text.split(/\r?\n/)) {
    // Word by word: the text is the service's, and may be long.
    const words = [...line.matchAll(/\S+/g)]
    const at = words.findIndex(
      ([word], index) => /^(ssh|ecdsa|sk-ssh|sk-ecdsa)-./.test(word) && /^[A-Za-z0-9+/]+=*$/.test(words[index + 1]?.[0] ?? ''),
    )
    if (at < 0) continue
    const [type, { 0: base64, index }] = [words[at]![0], words[at + 1]!]
    const blob = Buffer.from(base64, 'base64')
    if (typeOf(blob) === type) return { type, blob, comment: line.slice(index + base64.length).trim() }
  }
  return undefined
}

/** The public key in what SSH sends. */
export function publicKeyOf(blob: Buffer, comment = ''): PublicKey {
  return { type: typeOf(blob) ?? 'unknown', blob, comment }
}

/** A public key as a line of text, without its comment. */
export function publicKeyLine({ type, blob }: Pick<PublicKey, 'type' | 'blob'>): string {
  return `${type} ${blob.toString('base64')}`
}

/** `SHA256:…`, as OpenSSH shows it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

function typeOf(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined
  const length = blob.readUInt32BE(0)
  return length > 0 && blob.length > 4 + length ? blob.toString('latin1', 4, 4 + length) : undefined
}
