import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type * as Tls from 'node:tls'
import type { SecureContext } from 'node:tls'
import { readFile } from '../files/read-file.ts'
import { TransportError } from './transport-error.ts'

/** A file of CAs that the user named, and where: `--ca-file`, `[core] ca_file`. */
export interface NamedFile {
  path: string
  source: string
}

/** A source of CAs that was looked into. */
export interface TriedFile {
  path: string
  /** Where the user named it; none for a well-known place. */
  source?: string
  /** How many CAs it has, or why it has none: `missing`. */
  found: number | string
}

/** Where a machine keeps its CAs: the site's own, then the system's bundles. */
export interface WellKnownFiles {
  site: readonly string[]
  system: readonly string[]
}

const wellKnownFiles: WellKnownFiles = {
  site: ['/etc/pki/trust/anchors/platform-ca-certs.crt'],
  system: ['/var/lib/ca-certificates/ca-bundle.pem', '/etc/ssl/certs/ca-certificates.crt'],
}

/** CAs that are trusted. */
export interface TrustedSet {
  /** As PEM. Any may be broken. */
  readonly certificates: readonly string[]
  /** A TLS context that trusts them. */
  readonly context: SecureContext
}

/** Sets of CAs, each wider than the one before. */
export interface Trust {
  /** The set that served last, or the smallest. */
  readonly start: number
  /** The nth set; undefined where there is none so wide. */
  set(level: number): TrustedSet | undefined
  /** Remembers the set that a server was verified by. */
  served(level: number): void
  /** All that was looked into so far. */
  readonly tried: readonly TriedFile[]
}

export interface TrustOptions {
  /** Files named by option or configuration; the environment's are found here. */
  named?: readonly NamedFile[]
  env: Readonly<Record<string, string | undefined>>
  /** Told of named files that can't be used. */
  warn?: (line: string) => void
  wellKnown?: WellKnownFiles
}

// Each takes a while to load, and fetch does without.
const x509 = () => process.getBuiltinModule('node:crypto').X509Certificate
const tls = (): typeof Tls => process.getBuiltinModule('node:tls')

const variables = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']

/** A file above this size is a whole bundle, which is slow to parse and rarely needed: some thirty CAs. */
const bundleSize = 64 * 1024

/**
 * The CAs to trust: files the user named, the site's CA, the system's bundles, Node's own. They add up, but are read
 * and parsed only as far as a server's certificate asks for it, the smallest first.
 */
export function createTrust({ named = [], env, warn = () => {}, wellKnown = wellKnownFiles }: TrustOptions): Trust {
  const tried: TriedFile[] = []
  const seen = new Set<string>()
  const sets: TrustedSet[] = []
  const certificates: string[] = []
  let start = 0

  const read = (file: { path: string; source?: string }): string[] => {
    const { found, why } = readCertificates(file.path)
    tried.push({ ...file, found: why ?? found.length })
    if (why && file.source) warn(`Warning: ${file.source}: ${file.path}: ${why}`)
    return found
  }
  const fresh = (file: { path: string }) => {
    const path = realPath(file.path)
    return !seen.has(path) && !!seen.add(path)
  }
  const steps: (() => readonly string[])[] = [
    () => files.filter((file) => !isBundle(file.path)).flatMap(read),
    () =>
      wellKnown.site
        .map((path) => ({ path }))
        .filter(fresh)
        .flatMap(read),
    () => {
      const here = wellKnown.system.map((path) => ({ path })).filter((file) => exists(file.path))
      const bundles = [...files.filter((file) => isBundle(file.path)), ...here.filter(fresh)]
      if (here.length === 0) tried.push(...wellKnown.system.map((path) => ({ path, found: 'missing' })))
      return bundles.flatMap(read)
    },
    () => {
      const { rootCertificates } = tls()
      tried.push({ path: "Node's own", found: rootCertificates.length })
      return rootCertificates
    },
  ]
  const files = [...named, ...variables.flatMap((source) => (env[source] ? [{ path: env[source], source }] : []))].filter(fresh)

  return {
    get start() {
      return start
    },
    tried,
    served(level) {
      start = level
    },
    set(level) {
      while (sets.length <= level) {
        const step = steps.shift()
        if (!step) return undefined
        const more = step()
        if (more.length === 0) continue
        certificates.push(...more)
        sets.push(trusted([...certificates]))
      }
      return sets[level]
    },
  }
}

// Node passes over a broken certificate; Bun takes no set that has one.
function contextOf(certificates: string[]): SecureContext {
  try {
    return tls().createSecureContext({ ca: certificates })
  } catch {
    return tls().createSecureContext({ ca: certificates.filter(isCertificate) })
  }
}

function trusted(certificates: string[]): TrustedSet {
  let context: SecureContext | undefined
  return {
    certificates,
    get context() {
      return (context ??= contextOf(certificates))
    },
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new (x509())(pem).raw.length > 0
  } catch {
    return false
  }
}

/**
 * Makes an attempt with the smallest set of CAs, and again with a wider one for as long as the server's certificate
 * isn't trusted. Nothing is sent before a handshake is verified, so that is safe for writes, too.
 */
export async function underTrust<Result>(trust: Trust, attempt: (set: TrustedSet, level: number) => Promise<Result>): Promise<Result> {
  for (let level = trust.start; ; level++) {
    const set = trust.set(level)
    // Node's own CAs are the last set and never empty.
    if (!set) throw new TransportError('untrusted', { sent: false })
    try {
      const result = await attempt(set, level)
      trust.served(level)
      return result
    } catch (error) {
      if (!(error instanceof TransportError) || error.kind !== 'untrusted' || !trust.set(level + 1)) throw error
    }
  }
}

const block = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** The certificates of a PEM or DER file, or of a folder of them. */
function readCertificates(path: string): { found: string[]; why?: string } {
  try {
    const names = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path]
    const found = [...new Set(names.flatMap(certificatesOf))]
    return found.length > 0 ? { found } : { found, why: 'no certificate in it' }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    return { found: [], why: code === 'ENOENT' ? 'missing' : `unreadable (${code === 'EFBIG' ? message : code || 'not a certificate'})` }
  }
}

function certificatesOf(path: string): string[] {
  if (!statSync(path).isFile()) return []
  const content = readFile(path, 'certificates').bytes
  // DER starts with a sequence of a length that takes two bytes.
  if (content[0] === 0x30 && content[1] === 0x82) return [new (x509())(content).toString()]
  // Each block on its own: a broken one would hide those behind it.
  return content.toString('latin1').match(block) ?? []
}

const exists = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined

function isBundle(path: string): boolean {
  try {
    const file = statSync(path)
    return file.isDirectory() || file.size > bundleSize
  } catch {
    return false
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
