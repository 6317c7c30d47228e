/** How DER names signatures with SHA-1, by RSA and by ECDSA. */
const overSha1 = ['06092a864886f70d010105', '06072a8648ce3d0401'].map((name) => Buffer.from(name, 'hex'))

/**
 * Whether a certificate is signed with SHA-1, so that it can be forged.
 *
 * @param raw its DER.
 */
export function isForgeable(raw: Buffer): boolean {
  return overSha1.some((name) => raw.includes(name))
}
