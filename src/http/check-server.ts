import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'
import { TransportError } from './transport-error.ts'

/** How DER names signatures with SHA-1, by RSA and by ECDSA. */
const overSha1 = ['06092a864886f70d010105', '06072a8648ce3d0401'].map((name) => Buffer.from(name, 'hex'))

/**
 * Whether a server is who it says it is, once its certificate is trusted: by name, and by signatures that can't be
 * forged. Node refuses SHA-1 by itself; the runtime of the executable takes it.
 *
 * @returns why it isn't.
 */
export function checkServer(host: string, certificate: PeerCertificate): Error | undefined {
  const forgeable = chain(certificate as DetailedPeerCertificate).some(
    ({ raw, issuerCertificate, fingerprint256 }) =>
      // Nobody asks how a CA that is trusted by itself is signed.
      issuerCertificate?.fingerprint256 !== fingerprint256 && overSha1.some((name) => raw.includes(name)),
  )
  if (forgeable) return new TransportError('tls', { sent: false, message: 'a certificate is signed with SHA-1, which can be forged' })
  return checkServerIdentity(host, certificate)
}

function chain(own: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const found: DetailedPeerCertificate[] = []
  for (let next: DetailedPeerCertificate | undefined = own; next?.raw && !found.includes(next); next = next.issuerCertificate)
    found.push(next)
  return found
}
