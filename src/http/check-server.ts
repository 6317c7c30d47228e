import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'
import { isForgeable } from './forgeable.ts'
import { signedTooWeakly, TransportError } from './transport-error.ts'

/**
 * Whether a server is who it says it is, once its certificate is trusted: by name, and by signatures that can't be
 * forged. Node refuses SHA-1 by itself; the runtime of the executable takes it.
 *
 * @returns why it isn't.
 */
export function checkServer(host: string, certificate: PeerCertificate): Error | undefined {
  const isWeak = chain(certificate as DetailedPeerCertificate).some(
    ({ raw, issuerCertificate, fingerprint256 }) =>
      // Nobody asks how a CA that is trusted by itself is signed.
      issuerCertificate?.fingerprint256 !== fingerprint256 && isForgeable(raw),
  )
  if (isWeak) return new TransportError('tls', { sent: false, message: signedTooWeakly })
  return checkServerIdentity(host, certificate)
}

function chain(own: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const found: DetailedPeerCertificate[] = []
  for (let next: DetailedPeerCertificate | undefined = own; next?.raw && !found.includes(next); next = next.issuerCertificate)
    found.push(next)
  return found
}
