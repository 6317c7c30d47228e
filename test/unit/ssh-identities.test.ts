import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import ssh2 from 'ssh2'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { findIdentity, unlock } from '../../src/ssh/identities.ts'
import { readKeyFile } from '../../src/ssh/key-file.ts'
import { parsePublicKey } from '../../src/ssh/public-key.ts'

const root = mkdtempSync(join(tmpdir(), 'cray-ims-identities-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const make = (options: object = {}) => {
  const pair = ssh2.utils.generateKeyPairSync('ed25519', options as never) as { private: string; public: string }
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
    put('id_pem', '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n')
    put('id_pem.pub', one.public)
    expect((await findIdentity({ wanted: one.key, agentSocket: undefined, home })).identity).toMatchObject({ kind: 'file', encrypted: true })
  })

  test('none: all that was looked at', async () => {
    put('id_a', one.private)
    put('id_a.pub', one.public)
    put('id_only.pub', two.public)
    put('id_notes', 'not a key')
    put('config', two.private)
    put('id_pem', '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n')
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
    expect(await findIdentity({ wanted: one.key, agentSocket: undefined, home: '/nonexistent' })).toEqual({ identity: undefined, looked: [{ where: 'agent', note: 'none' }] })
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
    expect((await findIdentity({ wanted: undefined, files: [file], agentSocket: undefined, home })).identity).toEqual({ kind: 'file', path: file, encrypted: false })
  })

  test('without it nothing is guessed', async () => {
    put('id_a', one.private)
    expect((await findIdentity({ wanted: undefined, agentSocket: undefined, home })).identity).toBeUndefined()
  })

  test.each([
    ['missing', undefined, 'no such file'],
    ['text', 'hello', 'holds no key'],
  ])('%s', async (name, content, message) => {
    const file = content === undefined ? join(home, name) : put(name, content)
    await expect(findIdentity({ wanted: one.key, files: [file], agentSocket: undefined, home })).rejects.toThrow(message)
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
    await expect(unlock(identity(), { ask: async () => 'wrong' })).rejects.toMatchObject({ message: expect.stringContaining('three times'), exit: 255 })
  })

  test('without a terminal: use the agent', async () => {
    const { path } = identity()
    await expect(unlock({ kind: 'file', path, encrypted: true }, { ask: undefined })).rejects.toMatchObject({ next: `ssh-add ${path}` })
  })
})

describe('a key that others can read', () => {
  test.each([0o644, 0o620, 0o601])('of mode %o is not used, nor asked its passphrase for', async (mode) => {
    const open = (name: string, text: string) => {
      const path = put(name, text)
      chmodSync(path, mode)
      return path
    }
    const refused = (path: string) => ({ message: `${path}: permissions 0${mode.toString(8)} are too open for a private key`, exit: 255, next: `chmod 600 ${path}` })
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
  await expect(findIdentity({ wanted: one.key, files: [join(home, '.ssh/id_pipe')], agentSocket: undefined, home })).rejects.toThrow("can't be read: it is a named pipe, not a file")
})

test('a pipe gives a key once, which is not enough', async () => {
  const path = join(home, 'pipe')
  execFileSync('mkfifo', [path])
  const both = openSync(path, constants.O_RDWR)
  const file = openSync(path, 'r')
  writeSync(both, one.private)
  closeSync(both)
  try {
    await expect(findIdentity({ wanted: one.key, files: [`/dev/fd/${file}`], agentSocket: undefined, home })).rejects.toThrow(`/dev/fd/${file} is a pipe, which can be read once`)
  } finally {
    closeSync(file)
  }
})

test("a key that turns out to be another isn't used", async () => {
  const path = put('id', one.private)
  await expect(unlock({ kind: 'file', path, encrypted: false }, { ask: undefined, wanted: two.key })).rejects.toThrow(`${path} isn't the job's key`)
})

test.each([
  ['truncated', one.private.slice(0, 120)],
  ['mangled', one.private.replace(/[A-Z]/g, 'x')],
  ['an empty body', '-----BEGIN OPENSSH PRIVATE KEY-----\n\n-----END OPENSSH PRIVATE KEY-----\n'],
])('a damaged key file is no crash: %s', (name, text) => {
  const file = readKeyFile(put('id_bad', text))
  expect(file).toMatchObject({ publicKey: undefined })
})
