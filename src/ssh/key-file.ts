import { createPrivateKey } from 'node:crypto'
import ssh2, { type ParsedKey } from 'ssh2'
import { Failure } from '../errors.ts'
import { isMissing, readFile, type FileContent } from '../files/read-file.ts'
import { fileFailure } from '../files/reason.ts'
import { parsePublicKey, publicKeyOf, type PublicKey } from './public-key.ts'
import { pastedWords } from '../text/shell-words.ts'

/** What a file that should hold a key holds. */
export interface KeyFile {
  readonly path: string
  readonly holds: 'private' | 'public' | 'no key'
  readonly encrypted: boolean
  /** Undefined where only the passphrase would show it: an encrypted PEM file without its `.pub`. */
  readonly publicKey: PublicKey | undefined
}

/**
 * Reads what a key file shows without its passphrase; undefined where there is no file.
 *
 * @throws Failure where it can't be read.
 */
export function readKeyFile(path: string): KeyFile | undefined {
  const text = read(path)?.bytes.toString('latin1')
  if (text === undefined) return undefined
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
 * @throws Failure where it can't be read, or isn't a key that we can use; exit 255 where it is ours and others can
 * read it. Source: OpenSSH, which uses no such key either.
 */
export function openKeyFile(path: string, passphrase?: string): ParsedKey | undefined {
  const content = read(path)
  if (content === undefined) throw new Failure(`${path}: no such file`)
  requirePrivate(path, content)
  const text = content.bytes.toString('latin1')
  const key = parse(text, passphrase)
  if (!(key instanceof Error)) return key
  if (passphrase !== undefined && isEncrypted(text) && !/unsupported|not supported/i.test(key.message)) return undefined
  throw new Failure(`${path} holds no private key that can be used: ${key.message}`, { cause: key })
}

function parse(text: string, passphrase?: string): ParsedKey | Error {
  try {
    const key = ssh2.utils.parseKey(isPkcs8(text) ? fromPkcs8(text, passphrase) : text, passphrase)
    return Array.isArray(key) ? key[0]! : key
  } catch (error) {
    return error as Error
  }
}

function read(path: string): FileContent | undefined {
  let content: FileContent
  try {
    content = readFile(path, 'privateKey')
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw fileFailure(path, 'read', cause)
  }
  if (content.stats.isFile()) return content
  throw new Failure(`${path} is a pipe, which can be read once; a private key is read when it is looked for, and when it is used`, { next: 'ssh-add, or -i FILE' })
}

/** @throws Failure as {@link openKeyFile}, before a passphrase is asked for. */
export function checkKeyFile(path: string): void {
  const content = read(path)
  if (content) requirePrivate(path, content)
}

function requirePrivate(path: string, { stats: { mode, uid } }: FileContent): void {
  if (uid !== process.getuid?.() || (mode & 0o077) === 0) return
  throw new Failure(`${path}: permissions 0${(mode & 0o777).toString(8)} are too open for a private key`, {
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
  return text.includes('BEGIN ENCRYPTED PRIVATE KEY') || /^Proc-Type: .*ENCRYPTED/m.test(text)
}

function publicHalf(text: string, encrypted: boolean): PublicKey | undefined {
  const head = openSshHead(text)
  if (head) return head.publicKey
  if (encrypted) return undefined
  const key = parse(text)
  return key instanceof Error ? undefined : publicKeyOf(key.getPublicSSH(), key.comment)
}

/** What stands before the encrypted part of OpenSSH's own format. Source: OpenSSH's PROTOCOL.key. */
function openSshHead(text: string): { cipher: string; publicKey: PublicKey } | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)?.[1]
  if (!body) return undefined
  const data = Buffer.from(body, 'base64')
  const magic = 'openssh-key-v1\0'
  if (data.toString('latin1', 0, magic.length) !== magic) return undefined
  let at = magic.length
  const next = () => {
    const start = at + 4
    at = start + data.readUInt32BE(at)
    return data.subarray(start, at)
  }
  try {
    const [cipher] = [next().toString('latin1'), next(), next()]
    // The number of keys, which is always one.
    at += 4
    return { cipher, publicKey: publicKeyOf(Buffer.from(next())) }
  } catch {
    return undefined
  }
}

// ssh2 reads OpenSSH's format and the older PEM ones.
function fromPkcs8(text: string, passphrase?: string): string {
  const key = createPrivateKey({ key: text, passphrase })
  return key.export({ format: 'pem', type: key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1' }).toString()
}
