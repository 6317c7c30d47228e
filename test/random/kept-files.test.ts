import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { openState } from '../../src/builds/batch/state.ts'
import { readTransfer } from '../../src/builds/transfer.ts'
import { configFolder } from '../../src/config/folder.ts'
import { isExpired, isRenewable, readToken, tokenToKeep } from '../../src/config/tokens.ts'
import type { CommandContext } from '../../src/context.ts'
import { holderNow, holderText, lifeOf, readHolder } from '../../src/files/lock-holder.ts'
import { ownCredentials } from '../../src/s3/credentials.ts'
import { limitOf, openKeyFile, readKeyFile } from '../../src/ssh/key-file.ts'
import { readKnownHosts, rememberHostKeys } from '../../src/ssh/known-hosts.ts'
import { parsePublicKey } from '../../src/ssh/public-key.ts'
import { acceptable } from '../support/acceptable.ts'
import { testRandomly } from '../support/random-test.ts'
import { makeKey, temporaryFolder, type KeyOptions } from '../support/sshd.ts'

const { path: folder, remove } = temporaryFolder()
afterAll(() => {
  vi.unstubAllEnvs()
  remove()
})

const now = Date.parse('2026-01-02T03:04:05Z')
const id = 'ad51e3f0-0000-4000-8000-000000000001'
const key = parsePublicKey('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKkPKk0hRyRB8dXcOuq2H3wRd0mBz7w6hrGkUbZtH0Sx')!

const token = {
  access_token: 'eyJhbGciOi.J9.x-y_z',
  refresh_token: 'r',
  token_type: 'Bearer',
  expires_in: 300,
  expires_at: now / 1000 + 300,
  scope: ['openid'],
  client_id: 'shasta',
}

/** What we or the user keep, as it should look, and what reads it from a file. */
const files: readonly (readonly [string, string, (path: string) => unknown])[] = [
  [
    'a token',
    JSON.stringify(token),
    (path) => {
      const found = readToken(path, true)
      if (found) return [isExpired(found, now), isRenewable(found), tokenToKeep(found, now, found)]
    },
  ],
  [
    'the state of a build of several images',
    JSON.stringify({ version: 1, images: { a: { order: 'x', before: [id], attempted: '2026-01-02T03:04:05Z', source: id, job: id } } }),
    (path) => openState(path.replace(/\.state$/, '')).of('a'),
  ],
  [
    'host keys of jobs',
    `# Host keys\n${id} ssh-ed25519 ${key.blob.toString('base64')} 2026-01-01T03:04:05.000Z compared\n`,
    async (path) => {
      readKnownHosts(path)
      expect(await rememberHostKeys(path, 'own', [key], { now, compared: true })).toBeUndefined()
      const { keys, warning } = readKnownHosts(path)
      expect(warning).toBeUndefined()
      expect(keys.find(({ jobId }) => jobId === 'own')).toMatchObject({ key: { blob: key.blob }, at: now, compared: true })
    },
  ],
]

for (const [name, sound, read] of files) {
  const path = join(folder, `${name.replaceAll(' ', '-')}.state`)
  const readBack = async (content: string | Buffer) => {
    writeFileSync(path, content, { mode: 0o600 })
    await acceptable(content, () => read(path))
  }
  test(`${name}, as it should be`, () => readBack(sound))
  testRandomly(name, { all: 20_000, nth: 100 }, ({ spoiled, spoiledBytes, below }) =>
    readBack(below(4) === 0 ? spoiledBytes(Buffer.from(sound)) : spoiled(sound)),
  )
}

const begun = JSON.stringify({
  kind: 'image',
  name: 'n',
  record: id,
  uploads: ['u'],
  attempted: { at: '2026-01-02T03:04:05Z', before: [id] },
})

testRandomly('a transfer that was begun', { all: 20_000, nth: 100 }, async ({ spoiled }) => {
  const context = { configuration: () => ({ hostname: 'h' }), io: { env: { CRAY_CONFIG_DIR: folder }, now: () => now } }
  const text = spoiled(begun)
  const name = createHash('sha256')
    .update(JSON.stringify(['h', 'image', 'n']))
    .digest('hex')
    .slice(0, 32)
  const path = join(configFolder(context.io.env), 'transfers', `image-${name}`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  await acceptable(text, () => {
    const transfer = readTransfer(context as unknown as CommandContext, { kind: 'image', name: 'n', verb: 'imported' })
    return transfer.refuseOthers({ id: 'another', created: '2026-01-02T03:04:05' }, async () => undefined)
  })
})

testRandomly('the holder of a lock', { all: 20_000, nth: 50 }, ({ spoiled }) => {
  const text = spoiled(holderText(holderNow()))
  return acceptable(text, () => {
    const holder = readHolder(text)
    if (holder) expect(['running', 'stopped', 'ended', 'unknown']).toContain(lifeOf(holder))
  })
})

const profile = '[default]\naws_access_key_id = AKIA\naws_secret_access_key = secret\naws_session_token = t\n[other]\nregion = x\n'

testRandomly('the AWS credentials of a user', { all: 2000, nth: 20 }, async ({ spoiled }, at) => {
  const text = spoiled(profile)
  const path = join(folder, `aws-${at}`)
  writeFileSync(path, text)
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'none'))
  await acceptable(text, async () => (await ownCredentials('https://s3.local', () => now)).inWords())
})

const kinds: Readonly<Record<string, KeyOptions>> = {
  ed25519: {},
  'ecdsa in PEM': { type: 'ecdsa', format: 'PEM' },
  'rsa in PEM': { type: 'rsa', bits: 2048, format: 'PEM' },
  'rsa in PKCS8': { type: 'rsa', bits: 2048, format: 'PKCS8' },
  'rsa in encrypted PEM': { type: 'rsa', bits: 2048, format: 'PEM', passphrase: 'open sesame' },
  'ed25519, encrypted': { passphrase: 'open sesame', cipher: 'aes256-ctr' },
}
for (const [kind, options] of Object.entries(kinds)) {
  const { path: made } = makeKey(join(folder, kind.replace(/\W/g, '')), options)
  const sound = readFileSync(made)
  const path = join(folder, 'id_spoiled')
  const readAll = async (bytes: Buffer) => {
    writeFileSync(path, bytes, { mode: 0o600 })
    await acceptable(bytes.toString('latin1'), () => [readKeyFile(path), limitOf(path)])
    await acceptable(bytes.toString('latin1'), () => limitOf(path) ?? openKeyFile(path, options.passphrase)?.getPublicSSH())
  }
  test(`a private key, ${kind}, as it should be`, () => readAll(sound))
  testRandomly(`a private key, ${kind}`, { all: 2000, nth: 20 }, ({ spoiledBytes }) => readAll(spoiledBytes(sound)))
}
