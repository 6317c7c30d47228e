import { CliError, type NextStep } from '../errors.ts'
import type { Certificate } from '../http/certificate.ts'
import type { TransportError } from '../http/transport-error.ts'
import { pastedWords } from '../text/shell-words.ts'
import { excerpt } from '../text/printable.ts'
import type { TriedFile } from '../http/trust.ts'

/** What is known of a handshake whose verification failed. */
export interface FailedHandshake {
  /** Of the server, or of the proxy where that failed. */
  url: URL
  /** The variable that names the proxy, where it is the proxy's certificate: `HTTPS_PROXY`. */
  proxy?: string
  fault: TransportError
  /** What was presented, the own certificate first; empty where that isn't known. */
  certificates: readonly Certificate[]
  tried: readonly TriedFile[]
  /** Milliseconds since 1970. */
  now: number
}

/**
 * That a certificate is not accepted: whose, which one, why, what was tried, and what to type. Nothing of it makes one trusted
 * that is for another host: whoever is in between can present that.
 */
export function certificateError(handshake: FailedHandshake): CliError {
  const { url, proxy, fault, certificates } = handshake
  const [own] = certificates
  const foreign = fault.kind === 'wrong-name' || own?.fits === false
  const { message, more, next } =
    fault.kind === 'wrong-name' ? wrongName(handshake) : fault.kind === 'expired' ? expired(handshake) : untrusted(handshake)
  return new CliError(`${url.hostname}: ${proxy ? `certificate of the proxy (${proxy})` : 'certificate'} ${message}`, {
    more: [
      ...(foreign ? names(url, own) : []),
      ...more,
      ...(proxy ? [`  ${proxy} names the proxy; --insecure is about the server alone`] : []),
    ],
    next,
    // Of the certificate only that is wrong which --insecure passes over.
    footer: foreign || proxy ? undefined : 'Once, unverified: add --insecure',
    cause: fault,
  })
}

interface Told {
  message: string
  more: string[]
  next: NextStep
}

function wrongName({ proxy }: FailedHandshake): Told {
  const more = ['  Another host answers there, or this is not the name that its certificate has.']
  return { message: 'is for another name', more, next: proxy ? `export ${proxy}=https://NAME:PORT` : ['config', 'get', 'core.hostname'] }
}

function expired({ fault, certificates, now }: FailedHandshake): Told {
  const early = fault.code === 'CERT_NOT_YET_VALID'
  const bad = certificates.find(({ validFrom, validTo }) => (early ? validFrom.getTime() > now : validTo.getTime() < now))
  const which = bad
    ? [
        `  ${quoted(bad.subject)} of issuer ${quoted(bad.issuer)}, valid ${early ? 'from' : 'to'} ${day(early ? bad.validFrom : bad.validTo)}`,
      ]
    : []
  return {
    message: early ? 'is not yet valid' : 'expired',
    more: [...which, `  this machine's date is ${day(new Date(now))}`],
    next: 'date',
  }
}

function untrusted({ url, certificates, tried }: FailedHandshake): Told {
  // Nobody asks how a CA that is trusted is signed.
  const weak = certificates.find(({ forgeable, selfSigned }) => forgeable && !selfSigned)
  if (weak) {
    const more = [`  ${quoted(weak.subject)} of issuer ${quoted(weak.issuer)} can be forged; the server needs a new one`]
    const next = pastedWords(['openssl', 's_client', '-showcerts', '-connect', `${url.hostname}:${url.port || 443}`])
    return { message: 'signed with SHA-1', more, next }
  }
  const files = table(tried.map(({ path, source, found }) => [source ? `${path} (${source})` : path, outcome(found)]))
  return {
    message: 'not trusted',
    more: [...(certificates.length > 0 ? [issuerOf(certificates)] : []), ...files],
    next: ['config', 'set', 'core', 'ca_file=FILE'],
  }
}

/** Which name was expected, and which came. */
function names(url: URL, own: Certificate | undefined): string[] {
  const came = own ? [['came', `${quoted(own.subject)}, for ${excerpt(own.names.join(', ')) || 'no name at all'}`] as const] : []
  return table([['expected', url.hostname], ...came])
}

function issuerOf(certificates: readonly Certificate[]): string {
  const [own] = certificates
  const last = certificates.at(-1)!
  const valid = `valid to ${day(own!.validTo)}`
  if (own!.selfSigned) return `  self-signed ${quoted(own!.subject)}, ${valid}`
  return `  issuer ${quoted(own!.issuer)}, ${valid}${last !== own && last.issuer !== own!.issuer ? `; its root is ${quoted(last.issuer)}` : ''}`
}

function outcome(found: number | string): string {
  return typeof found === 'string' ? found : `${found} ${found === 1 ? 'CA' : 'CAs'}, none fits`
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([label]) => label.length))
  return rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`)
}

const quoted = (text: string) => `"${excerpt(text)}"`
const day = (date: Date) => (Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10))
