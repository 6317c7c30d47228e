import { timingSafeEqual } from 'node:crypto'
import ssh2, { type AuthContext } from 'ssh2'

/**
 * Lets root in with one key, and nobody else: public keys only, RSA with SHA-2 only.
 * Source: the service's SSH image.
 *
 * @param publicKey as a `.pub` file has it; undefined where there is none, so that nobody gets in
 */
export function loginWith(publicKey: string | undefined): (context: AuthContext) => void {
  const parsed = publicKey === undefined ? undefined : ssh2.utils.parseKey(publicKey)
  // A line that makes no sense lets nobody in, as in authorized_keys.
  const key = parsed instanceof Error ? undefined : parsed
  return (context) => {
    if (context.username !== 'root' || context.method !== 'publickey' || !key) return context.reject(['publickey'])
    const { data } = context.key
    const own = key.getPublicSSH()
    if (data.length !== own.length || !timingSafeEqual(data, own)) return context.reject(['publickey'])
    // First a client asks whether the key would do, then it signs.
    if (!context.signature || !context.blob) return context.accept()
    const sha1 = key.type === 'ssh-rsa' && (context.hashAlgo ?? 'sha1') === 'sha1'
    const signed = !sha1 && key.verify(context.blob, context.signature, context.hashAlgo) === true
    return signed ? context.accept() : context.reject(['publickey'])
  }
}
