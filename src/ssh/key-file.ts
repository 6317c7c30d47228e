import { createPrivateKey, type KeyObject } from 'node:crypto'
import ssh2, { type ParsedKey } from 'ssh2'
import { CliError } from '../errors.ts'
import { isMissing, readFile, type FileContent } from '../files/read-file.ts'
import { fileError } from '../files/reason.ts'
import { parsePublicKey, publicKeyOf, type PublicKey } from './public-key.ts'
import { pastedWords } from '../text/shell-words.ts'

/** What a file that should hold a key holds. */
export interface KeyFile {
  readonly path: string
  readonly holds: 'private' | 'public' | 'a key of PuTTY' | 'no key'
  readonly encrypted: boolean
  /** Undefined where only the passphrase would show it: an encrypted PEM file without its `.pub`. */
  readonly publicKey: PublicKey | undefined
}

/**
 * Reads what a key file shows without its passphrase; undefined where there is no file.
 *
 * @throws CliError where it can't be read.
 */
export function readKeyFile(path: string): KeyFile | undefined {
  const text = read(path)?.bytes.toString('latin1')
  if (text === undefined) return undefined
  if (text.startsWith('PuTTY-User-Key-File-')) return { path, holds: 'a key of PuTTY', encrypted: false, publicKey: undefined }
  if (!text.includes('PRIVATE KEY-----')) {
    const publicKey = parsePublicKey(text)
    return { path, holds: publicKey ? 'public' : 'no key', encrypted: false, publicKey }
  }
  const encrypted = isEncrypted(text)
  return { path, holds: 'private', encrypted, publicKey: publicHalf(text, encrypted) ?? readPublic(`${path}.pub`) }
}

/**
 * The private key in a file, ready to sign; undefined for a wrong passphrase.
 *
 * @throws CliError where it can't be read, or isn't a key that we can use; exit 255 where it is ours and others can
 * read it. Source: OpenSSH, which uses no such key either.
 */
export function openKeyFile(path: string, passphrase?: string): ParsedKey | undefined {
  const content = read(path)
  if (content === undefined) throw new CliError(`${path}: no such file`)
  requirePrivate(path, content)
  const text = content.bytes.toString('latin1')
  const key = parse(text, passphrase)
  if (!(key instanceof Error)) return key
  if (passphrase !== undefined && isWrongPassphrase(text, key)) return undefined
  throw new CliError(`${path} holds no usable private key: ${key.message}`, { cause: key })
}

function parse(text: string, passphrase?: string): ParsedKey | Error {
  try {
    const key = ssh2.utils.parseKey(
      isPkcs8(text) || isEncryptedPem(text) ? toSshFormat(createPrivateKey({ key: text, passphrase })) : text,
      passphrase,
    )
    return Array.isArray(key) ? (key as ParsedKey[])[0]! : key
  } catch (error) {
    return error as Error
  }
}

// Of OpenSSH's own format a wrong one shows only after decryption; OpenSSL may stumble over what comes out in many ways.
function isWrongPassphrase(text: string, error: Error): boolean {
  if (openSshHead(text)) return /integrity check failed|unable to authenticate/.test(error.message)
  return isEncrypted(text) && !unknownToOpenSsl(error)
}

const unknownToOpenSsl = ({ message }: Error) =>
  /(digital envelope|PEM) routines::(unsupported|unknown)|interrupted or cancelled|^Keys of type /.test(message)

function read(path: string): FileContent | undefined {
  let content: FileContent
  try {
    content = readFile(path, 'privateKey')
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw fileError(path, 'read', cause)
  }
  if (content.stats.isFile()) return content
  throw new CliError(`${path} is a pipe, which can be read once; a private key is read when it is looked for, and when it is used`, {
    next: 'ssh-add, or -i FILE',
  })
}

/** Ciphers of OpenSSH's own format that ssh2 decrypts. */
const ciphers: ReadonlySet<string> = new Set([
  'none',
  '3des-cbc',
  ...[128, 192, 256].flatMap((bits) => [`aes${bits}-cbc`, `aes${bits}-ctr`]),
  ...[128, 256].map((bits) => `aes${bits}-gcm@openssh.com`),
])

/** The most rounds that a passphrase is hashed here, at 20 ms each, in which not even Ctrl-C gets through. */
const mostRounds = 2000

/**
 * Why a key file can't be used here, though it may be elsewhere; undefined where it can. Asked before its passphrase is.
 *
 * @throws CliError as {@link openKeyFile}
 */
export function limitOf(path: string): { why: string; byAgent: boolean } | undefined {
  const content = read(path)
  if (!content) return undefined
  requirePrivate(path, content)
  const text = content.bytes.toString('latin1')
  const head = openSshHead(text)
  if (head && !ciphers.has(head.cipher)) return { why: `its cipher ${head.cipher} can't be read here`, byAgent: true }
  if (head && head.rounds > mostRounds) return { why: `its passphrase is hashed ${head.rounds} times, too often for here`, byAgent: true }
  if (head?.publicKey.type.startsWith('sk-')) return { why: `a key of type ${head.publicKey.type} needs the system's ssh`, byAgent: false }
  const encryption = head || !isEncrypted(text) ? undefined : parse(text, 'none that anybody has')
  return encryption instanceof Error && unknownToOpenSsl(encryption)
    ? { why: "its encryption can't be read here", byAgent: true }
    : undefined
}

function requirePrivate(path: string, { stats: { mode, uid } }: FileContent): void {
  if (uid !== process.getuid?.() || (mode & 0o077) === 0) return
  throw new CliError(`${path}: permissions 0${(mode & 0o777).toString(8)} are too open for a private key`, {
    exit: 255,
    more: ['Others can read or change it, so it is not used.'],
    next: pastedWords(['chmod', '600', path]),
  })
}

function readPublic(path: string): PublicKey | undefined {
  try {
    return parsePublicKey(readFile(path, 'publicKey').bytes.toString())
  } catch {
    return undefined
  }
}

const isPkcs8 = (text: string) => /^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.test(text)

function isEncrypted(text: string): boolean {
  const head = openSshHead(text)
  if (head) return head.cipher !== 'none'
  return text.includes('BEGIN ENCRYPTED PRIVATE KEY') || isEncryptedPem(text)
}

const isEncryptedPem = (text: string) => /^Proc-Type: .*ENCRYPTED/m.test(text)

function publicHalf(text: string, encrypted: boolean): PublicKey | undefined {
  const head = openSshHead(text)
  if (head) return head.publicKey
  if (encrypted) return undefined
  const key = parse(text)
  return key instanceof Error ? undefined : publicKeyOf(key.getPublicSSH(), key.comment)
}

const magic = 'openssh-key-v1\0'

/** What stands before the encrypted part of OpenSSH's own format. Source: OpenSSH's PROTOCOL.key. */
function openSshHead(text: string): { cipher: string; rounds: number; publicKey: PublicKey } | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)?.[1]
  if (!body) return undefined
  const data = Buffer.from(body, 'base64')
  if (data.toString('latin1', 0, magic.length) !== magic) return undefined
  let at = magic.length
  const next = () => {
    const start = at + 4
    at = start + data.readUInt32BE(at)
    return data.subarray(start, at)
  }
  try {
    const [cipher, , hashing] = [next().toString('latin1'), next(), next()] as const
    // A salt, and how often the passphrase is hashed; nothing where nothing is encrypted.
    const rounds = hashing.length === 0 ? 0 : hashing.readUInt32BE(4 + hashing.readUInt32BE(0))
    // The number of keys, which is always one.
    at += 4
    return { cipher, rounds, publicKey: publicKeyOf(Buffer.from(next())) }
  } catch {
    return undefined
  }
}

// ssh2 reads OpenSSH's format and the older PEM ones.
function toSshFormat(key: KeyObject): string {
  const type = key.asymmetricKeyType
  if (type === 'rsa') return key.export({ format: 'pem', type: 'pkcs1' }).toString()
  if (type === 'ec') return key.export({ format: 'pem', type: 'sec1' }).toString()
  if (type === 'ed25519') return ed25519File(key)
  throw new Error(`Keys of type ${type} are not for SSH`)
}

/** OpenSSH's own format, without encryption. Source: OpenSSH's PROTOCOL.key. */
function ed25519File(key: KeyObject): string {
  const { x, d } = key.export({ format: 'jwk' })
  const [own, secret] = [Buffer.from(x!, 'base64url'), Buffer.from(d!, 'base64url')]
  const number = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value])
  const field = (...parts: (string | Buffer)[]) => {
    const whole = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
    return Buffer.concat([number(whole.length), whole])
  }
  const kind = field('ssh-ed25519')
  const inside = Buffer.concat([number(0), number(0), kind, field(own), field(secret, own), field('')])
  const padding = Buffer.from(Array.from({ length: (8 - (inside.length % 8)) % 8 }, (_, at) => at + 1))
  const whole = Buffer.concat([
    Buffer.from(magic),
    field('none'),
    field('none'),
    field(''),
    number(1),
    field(kind, field(own)),
    field(inside, padding),
  ])
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${whole.toString('base64').replace(/.{70}/g, '$&\n')}\n-----END OPENSSH PRIVATE KEY-----\n`
}
