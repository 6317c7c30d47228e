import { Failure } from '../errors.ts'
import type { Certificate } from './certificate.ts'
import type { TransportFault } from './faults.ts'
import { printable } from '../text/printable.ts'
import type { TriedFile } from './trust.ts'

/** What is known of a handshake whose verification failed. */
export interface FailedHandshake {
  url: URL
  fault: TransportFault
  /** What the server presents, its own certificate first; empty where that isn't known. */
  certificates: readonly Certificate[]
  tried: readonly TriedFile[]
  /** Milliseconds since 1970. */
  now: number
}

/** That a server's certificate is not accepted: which one, why, what was tried, and what to type. */
export function certificateFailure({ url, fault, certificates, tried, now }: FailedHandshake): Failure {
  const [own] = certificates
  const once = 'Once, unverified: add --insecure'
  if (fault.kind === 'wrong-name') {
    return new Failure(`${url.hostname}: certificate is for another name`, {
      more: own ? [`  ${quoted(own.subject)}, for ${printable(own.names.join(', ')) || 'no name at all'}`] : [],
      next: `cray-ims config set core hostname=${plainName(own?.names[0]) ?? 'NAME'}`,
      footer: once,
      cause: fault,
    })
  }
  if (fault.kind === 'expired') {
    const early = fault.code === 'CERT_NOT_YET_VALID'
    const bad = certificates.find(({ validFrom, validTo }) => (early ? validFrom.getTime() > now : validTo.getTime() < now))
    return new Failure(`${url.hostname}: certificate ${early ? 'is not yet valid' : 'expired'}`, {
      more: [
        ...(bad ? [`  ${quoted(bad.subject)} of issuer ${quoted(bad.issuer)}, valid ${early ? 'from' : 'to'} ${day(early ? bad.validFrom : bad.validTo)}`] : []),
        `  this machine's date is ${day(new Date(now))}`,
      ],
      next: 'date',
      footer: once,
      cause: fault,
    })
  }
  return new Failure(`${url.hostname}: certificate not trusted`, {
    more: [
      ...(own ? [untrusted(certificates)] : []),
      ...table(tried.map(({ path, source, found }) => [source ? `${path} (${source})` : path, outcome(found)])),
    ],
    next: 'cray-ims config set core ca_file=FILE',
    footer: once,
    cause: fault,
  })
}

function untrusted(certificates: readonly Certificate[]): string {
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

const quoted = (text: string) => `"${printable(text)}"`
const day = (date: Date) => (Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10))
// Only what can be pasted into a shell as it is.
const plainName = (name: string | undefined) => (name && /^[\w.:-]+$/.test(name) ? name : undefined)
