import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { findIdentity, unlock } from '../../src/ssh/identities.ts'
import { readKeyFile } from '../../src/ssh/key-file.ts'
import { parsePublicKey } from '../../src/ssh/public-key.ts'
import { newKeyPair } from '../support/key-pairs.ts'
import { makeKey } from '../support/sshd.ts'

// pbeWithMD5AndDES-CBC; its passphrase is `secret`.
const des = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGwMBsGCSqGSIb3DQEFAzAOBAgtTcSCGJu/MwICCAAEgZBQ39Mhii257DkvhaZn
QL0dnlbDSRQvQOqPHLMVZwDAPZN9GU0LhK8gjA8oiLfKNpoOZsY9sqpalSEaVygq
PvmaRHqchnPSkkDtcTS0j6dVGXFegvBO494WXK8O9UcDDE6l1gadeaylpBLsf9QH
gNPv1h5/J7mFP0N/rxOmTFquIgfkE7OVDeq2vTz0NXdgKYo=
-----END ENCRYPTED PRIVATE KEY-----
`

const root = mkdtempSync(join(tmpdir(), 'cray-ims-identities-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const make = (options: object = {}) => {
  const pair = newKeyPair(options)
  return { ...pair, key: parsePublicKey(pair.public)! }
}
const one = make({ comment: 'one' })
const two = make({ comment: 'two' })
const locked = make({ passphrase: 'secret', cipher: 'aes256-cbc', rounds: 1 })

let home: string
let count = 0
beforeEach(() => {
  home = join(root, String(count++))
  mkdirSync(join(home, '.ssh'), { recursive: true })
})
const put = (name: string, text: string, mode = 0o600) => {
  const path = join(home, '.ssh', name)
  writeFileSync(path, text, { mode })
  return path
}

describe('the key among those of ~/.ssh', () => {
  test('by its content, whatever comment the job has', async () => {
    put('id_a', one.private)
    const path = put('id_b', two.private)
    const wanted = parsePublicKey(`${two.public.split(' ').slice(0, 2).join(' ')} jane@work`)!
    const { identity } = await findIdentity({ wanted, agentSocket: undefined, home })
    expect(identity).toEqual({ kind: 'file', path, encrypted: false })
  })

  test('an encrypted one, without its passphrase and without its .pub', async () => {
    const path = put('id_locked', locked.private)
    const { identity } = await findIdentity({ wanted: locked.key, agentSocket: undefined, home })
    expect(identity).toEqual({ kind: 'file', path, encrypted: true })
  })

  test('what a .pub says of an encrypted PEM file', async () => {
    put(
      'id_pem',
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n',
    )
    put('id_pem.pub', one.public)
    expect((await findIdentity({ wanted: one.key, agentSocket: undefined, home })).identity).toMatchObject({
      kind: 'file',
      encrypted: true,
    })
  })

  test('none: all that was looked at', async () => {
    put('id_a', one.private)
    put('id_a.pub', one.public)
    put('id_only.pub', two.public)
    put('id_notes', 'not a key')
    put('config', two.private)
    put(
      'id_pem',
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n',
    )
    const { identity, looked } = await findIdentity({ wanted: two.key, agentSocket: join(home, 'no-agent'), home })
    expect(identity).toBeUndefined()
    expect(looked.map(({ where, key, note }) => [where.replace(`${home}/.ssh/`, ''), key?.type, note])).toEqual([
      ['agent', undefined, 'none'],
      ['id_a', 'ssh-ed25519', undefined],
      ['id_only.pub', 'ssh-ed25519', 'no private half'],
      ['id_pem', undefined, 'encrypted, shows nothing without its passphrase'],
    ])
  })

  test('no folder at all', async () => {
    expect(await findIdentity({ wanted: one.key, agentSocket: undefined, home: '/nonexistent' })).toEqual({
      identity: undefined,
      looked: [{ where: 'agent', note: 'none' }],
    })
  })
})

describe('-i FILE', () => {
  test('is the only one that counts', async () => {
    put('id_a', one.private)
    const file = put('other', two.private)
    const { identity, looked } = await findIdentity({ wanted: one.key, files: [file], agentSocket: undefined, home })
    expect(identity).toBeUndefined()
    expect(looked).toEqual([{ where: file, key: expect.objectContaining({ blob: two.key.blob }) }])
  })

  test("is taken where the job's key is unknown", async () => {
    const file = put('other', two.private)
    expect((await findIdentity({ wanted: undefined, files: [file], agentSocket: undefined, home })).identity).toEqual({
      kind: 'file',
      path: file,
      encrypted: false,
    })
  })

  test('without it nothing is guessed', async () => {
    put('id_a', one.private)
    expect((await findIdentity({ wanted: undefined, agentSocket: undefined, home })).identity).toBeUndefined()
  })

  test.each([
    ['missing', undefined, 'no such file'],
    ['text', 'hello', 'holds no key'],
    ['putty.ppk', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n', 'putty.ppk holds a key in the format of PuTTY'],
  ])('%s', async (name, content, message) => {
    const file = content === undefined ? join(home, name) : put(name, content)
    await expect(findIdentity({ wanted: one.key, files: [file], agentSocket: undefined, home })).rejects.toThrow(message)
  })
})

test('of a key of PuTTY it is said how OpenSSH gets it', async () => {
  const file = put('putty.ppk', 'PuTTY-User-Key-File-2: ssh-rsa\n')
  await expect(findIdentity({ wanted: one.key, files: [file], agentSocket: undefined, home })).rejects.toMatchObject({
    next: `puttygen ${file} -O private-openssh -o ${join(home, '.ssh/putty.openssh')}`,
  })
})

describe('a passphrase', () => {
  const identity = () => ({ kind: 'file' as const, path: put('id_locked', locked.private), encrypted: true })

  test('is asked for, hidden, until it is right', async () => {
    const answers = ['wrong', '', 'secret']
    const asked: unknown[] = []
    const { key } = await unlock(identity(), { ask: async (...question) => (asked.push(question), answers.shift()!), wanted: locked.key })
    expect(key.getPublicSSH()).toEqual(locked.key.blob)
    expect(asked).toHaveLength(3)
    expect(asked[0]).toEqual([expect.stringMatching(/^Passphrase of .*id_locked: $/), { hidden: true }])
  })

  test('three wrong ones are enough', async () => {
    await expect(unlock(identity(), { ask: async () => 'wrong' })).rejects.toMatchObject({
      message: expect.stringContaining('three times'),
      exit: 255,
    })
  })

  test('without a terminal: use the agent', async () => {
    const { path } = identity()
    await expect(unlock({ kind: 'file', path, encrypted: true }, { ask: undefined })).rejects.toMatchObject({ next: `ssh-add ${path}` })
  })
})

describe('an encrypted key', () => {
  /** Tries a wrong passphrase, then the right one. */
  const open = async (path: string) => {
    const answers = ['wrong', 'secret']
    const { key } = await unlock(
      { kind: 'file', path, encrypted: true },
      { ask: async () => answers.shift()!, openssh: ['jobs', 'debug', 'x', '--openssh'] },
    )
    return { type: key.type, left: answers.length }
  }
  const ask = async () => Promise.reject(new Error('asked'))

  test.each(['3des-cbc', 'aes128-cbc', 'aes256-ctr', 'aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'])('by %s', async (cipher) => {
    const { path } = makeKey(join(home, '.ssh/id'), { passphrase: 'secret', cipher })
    expect(await open(path)).toEqual({ type: 'ssh-ed25519', left: 0 })
  })

  const pem = (key: KeyObject, type: 'pkcs1' | 'sec1' | 'pkcs8', cipher: string) =>
    key.export({ format: 'pem', type: type as 'pkcs1', cipher, passphrase: 'secret' }).toString()
  test.each([
    ['ed25519 of OpenSSL', 'ssh-ed25519', pem(generateKeyPairSync('ed25519').privateKey, 'pkcs8', 'aes-256-cbc')],
    ['ECDSA of OpenSSL', 'ecdsa-sha2-nistp384', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'pkcs8', 'aes-128-cbc')],
    ['PEM by camellia', 'ssh-rsa', pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'pkcs1', 'camellia-256-cbc')],
    ['PEM by 3DES', 'ecdsa-sha2-nistp256', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'sec1', 'des-ede3-cbc')],
  ])('of another form: %s', async (name, type, text) => {
    expect(await open(put(name.replaceAll(' ', '-'), text))).toEqual({ type, left: 0 })
  })

  test("by a cipher that can't be read here: nobody is asked, and who can read it is said", async () => {
    const { path } = makeKey(join(home, '.ssh/id'), { passphrase: 'secret', cipher: 'chacha20-poly1305@openssh.com' })
    const identity = { kind: 'file' as const, path, encrypted: true }
    const failure = { message: `${path}: its cipher chacha20-poly1305@openssh.com can't be read here`, exit: 255, next: `ssh-add ${path}` }
    await expect(unlock(identity, { ask })).rejects.toMatchObject({ ...failure, more: [expect.stringContaining('An ssh-agent can')] })
    await expect(unlock(identity, { ask: undefined, openssh: ['jobs', 'debug', 'x', '--openssh'] })).rejects.toMatchObject({
      ...failure,
      more: [expect.anything(), "So can the system's ssh: add --openssh."],
    })
  })

  test.each([2001, 2 ** 32 - 1])('whose passphrase is hashed %i times, which would block everything else', async (rounds) => {
    const { path } = makeKey(join(home, '.ssh/id'), { passphrase: 'secret', cipher: 'aes256-ctr' })
    const [head, body, end] = readFileSync(path, 'latin1').split(/(?<=KEY-----\n)|(?=-----END)/) as [string, string, string]
    const bytes = Buffer.from(body, 'base64')
    // Behind the magic word, the cipher, the name of the hash and its salt of 16 bytes.
    bytes.writeUInt32BE(rounds, 15 + 4 + 'aes256-ctr'.length + 4 + 'bcrypt'.length + 4 + 4 + 16)
    writeFileSync(path, `${head}${bytes.toString('base64')}\n${end}`, { mode: 0o600 })
    await expect(unlock({ kind: 'file', path, encrypted: true }, { ask })).rejects.toMatchObject({
      message: `${path}: its passphrase is hashed ${rounds} times, too often for here`,
      exit: 255,
      next: `ssh-add ${path}`,
    })
  })

  test("of a security key: only the system's ssh uses that", async () => {
    const field = (...parts: (string | Buffer)[]) => {
      const whole = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
      return Buffer.concat([Buffer.from([0, 0, 0, whole.length]), whole])
    }
    const type = 'sk-ssh-ed25519@openssh.com'
    const body = Buffer.concat([
      Buffer.from('openssh-key-v1\0'),
      field('none'),
      field('none'),
      field(''),
      Buffer.from([0, 0, 0, 1]),
      field(field(type), field(Buffer.alloc(32)), field('ssh:')),
      field(Buffer.alloc(64)),
    ])
    const path = put('id_sk', `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`)
    await expect(
      unlock({ kind: 'file', path, encrypted: false }, { ask, openssh: ['jobs', 'debug', 'x', '--openssh'] }),
    ).rejects.toMatchObject({
      message: `${path}: a key of type ${type} needs the system's ssh`,
      exit: 255,
      next: ['jobs', 'debug', 'x', '--openssh'],
    })
  })

  test('by what OpenSSL has given up: the same', async () => {
    const path = put('id', des)
    await expect(unlock({ kind: 'file', path, encrypted: true }, { ask })).rejects.toMatchObject({
      message: `${path}: its encryption can't be read here`,
      next: `ssh-add ${path}`,
    })
  })

  test('of OpenSSL is found by its content where it is not encrypted', async () => {
    const path = put('id_openssl', generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
    const { publicKey } = readKeyFile(path)!
    const { identity } = await findIdentity({ wanted: publicKey, agentSocket: undefined, home })
    expect(identity).toEqual({ kind: 'file', path, encrypted: false })
    expect((await unlock(identity!, { ask: undefined, wanted: publicKey })).key.type).toBe('ssh-ed25519')
  })
})

describe('a key that others can read', () => {
  test.each([0o644, 0o620, 0o601])('of mode %o is not used, nor asked its passphrase for', async (mode) => {
    const open = (name: string, text: string) => {
      const path = put(name, text)
      chmodSync(path, mode)
      return path
    }
    const refused = (path: string) => ({
      message: `${path}: permissions 0${mode.toString(8)} are too open for a private key`,
      exit: 255,
      next: `chmod 600 ${path}`,
    })
    const plain = open('id_plain', one.private)
    await expect(unlock({ kind: 'file', path: plain, encrypted: false }, { ask: undefined })).rejects.toMatchObject(refused(plain))
    const encrypted = open('id_encrypted', locked.private)
    const ask = async () => Promise.reject(new Error('asked'))
    await expect(unlock({ kind: 'file', path: encrypted, encrypted: true }, { ask })).rejects.toMatchObject(refused(encrypted))
  })

  test('hinders nobody as long as another is used', async () => {
    chmodSync(put('id_a', two.private), 0o644)
    const path = put('id_b', one.private)
    const { identity } = await findIdentity({ wanted: one.key, agentSocket: undefined, home })
    expect(identity).toEqual({ kind: 'file', path, encrypted: false })
    expect((await unlock(identity!, { ask: undefined })).key.getPublicSSH()).toEqual(one.key.blob)
  })

  test.skipIf(process.getuid?.() !== 0)('is used where it is the file of someone else, as OpenSSH does', async () => {
    const path = put('id', one.private)
    chmodSync(path, 0o644)
    chownSync(path, 12345, 12345)
    expect((await unlock({ kind: 'file', path, encrypted: false }, { ask: undefined })).key.getPublicSSH()).toEqual(one.key.blob)
  })
})

test('files that are no keys are passed over: a named pipe, a large one', async () => {
  execFileSync('mkfifo', [join(home, '.ssh/id_pipe')])
  put('id_large', one.private.padEnd(70_000))
  const path = put('id_one', one.private)
  const { identity, looked } = await findIdentity({ wanted: one.key, agentSocket: undefined, home })
  expect(identity).toMatchObject({ path })
  expect(looked.filter(({ note }) => note === "can't be read").map(({ where }) => basename(where))).toEqual(['id_large', 'id_pipe'])
  await expect(findIdentity({ wanted: one.key, files: [join(home, '.ssh/id_pipe')], agentSocket: undefined, home })).rejects.toThrow(
    "can't be read: it is a named pipe, not a file",
  )
})

test('a pipe gives a key once, which is not enough', async () => {
  const path = join(home, 'pipe')
  execFileSync('mkfifo', [path])
  const both = openSync(path, constants.O_RDWR)
  const file = openSync(path, 'r')
  writeSync(both, one.private)
  closeSync(both)
  try {
    await expect(findIdentity({ wanted: one.key, files: [`/dev/fd/${file}`], agentSocket: undefined, home })).rejects.toThrow(
      `/dev/fd/${file} is a pipe, which can be read once`,
    )
  } finally {
    closeSync(file)
  }
})

test("a key that turns out to be another isn't used", async () => {
  const path = put('id', one.private)
  await expect(unlock({ kind: 'file', path, encrypted: false }, { ask: undefined, wanted: two.key })).rejects.toThrow(
    `${path} isn't the job's key`,
  )
})

test.each([
  ['truncated', one.private.slice(0, 120)],
  ['mangled', one.private.replace(/[A-Z]/g, 'x')],
  ['an empty body', '-----BEGIN OPENSSH PRIVATE KEY-----\n\n-----END OPENSSH PRIVATE KEY-----\n'],
])('a damaged key file is no crash: %s', (_name, text) => {
  const file = readKeyFile(put('id_bad', text))
  expect(file).toMatchObject({ publicKey: undefined })
})
