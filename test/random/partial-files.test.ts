import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { openState } from '../../src/builds/batch/state.ts'
import { readTransfer, withTransfer } from '../../src/builds/transfer.ts'
import { configFolder } from '../../src/config/folder.ts'
import { readToken } from '../../src/config/tokens.ts'
import type { CommandContext } from '../../src/context.ts'
import { CliError } from '../../src/errors.ts'
import { TransportError } from '../../src/http/transport-error.ts'
import { readExport, writeExport } from '../../src/images/export-manifest.ts'
import { readSeedFile } from '../../src/mock/seed-file.ts'
import { download } from '../../src/s3/download.ts'
import type { ObjectInfo, ObjectStore } from '../../src/s3/store.ts'
import { acceptable } from '../support/acceptable.ts'
import type { RandomInput } from '../support/random-input.ts'
import { testRandomly } from '../support/random-test.ts'
import { temporaryFolder } from '../support/sshd.ts'

const { path: folder, remove } = temporaryFolder()
afterAll(remove)
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
})

const id = 'ad51e3f0-0000-4000-8000-000000000001'
const order = { order: 'x', before: [id], attempted: '2026-01-02T03:04:05Z', source: id, job: id }
const artifacts = [{ type: 't', file: 'f', md5: 'a'.repeat(32), size: 1 }]

/** Files that are kept as a whole: what writes each, where it is then, and what reads it. */
const files: readonly (readonly [name: string, path: string, write: (path: string) => unknown, read: (path: string) => unknown])[] = [
  [
    'the state of a build',
    'images.yaml.state',
    (path) => openState(path.replace(/\.state$/, '')).set('a', order),
    (path) => openState(path.replace(/\.state$/, '')).of('a'),
  ],
  [
    'a token',
    'token',
    (path) => writeFileSync(path, '{"access_token": "a.b-c", "expires_at": 1.5}', { mode: 0o600 }),
    (path) => readToken(path, true),
  ],
  [
    'the records of a mock',
    'state.json',
    (path) => writeFileSync(path, JSON.stringify({ images: [{ id, name: 'n' }] }, null, 2)),
    readSeedFile,
  ],
  [
    'what an export says',
    'image.json',
    (path) => writeFileSync(path, writeExport({ name: 'n', arch: 'x86_64', metadata: { a: 'b' }, artifacts })),
    (path) => readExport(readFileSync(path, 'utf8'), path),
  ],
]

test.each(files)('%s that is cut off at any byte is refused', async (_, name, write, read) => {
  const path = join(folder, name)
  await write(path)
  const whole = readFileSync(path)
  expect(await read(path)).toBeDefined()
  // The last end of a line says nothing.
  const length = whole.toString().trimEnd().length
  for (let end = 0; end < length; end++) {
    writeFileSync(path, whole.subarray(0, end))
    expect(() => read(path), `${end} bytes`).toThrow(CliError)
    expect(readFileSync(path)).toEqual(whole.subarray(0, end))
  }
})

test('of a transfer whose file is cut off at any byte nothing is taken for its own', async () => {
  const io = { env: { CRAY_CONFIG_DIR: folder, HOME: folder }, now: () => Date.parse('2026-01-02T03:04:05Z') }
  const context = { configuration: () => ({ hostname: 'h' }), io, log() {} } as unknown as CommandContext
  const of = { kind: 'image', name: 'n', verb: 'imported' } as const
  const record = { id, created: '2026-01-02T03:04:05' }
  await withTransfer(context, of, async (transfer) => {
    transfer.took(record)
    transfer.uploads.add('u')
  })
  const transfers = join(configFolder(io.env), 'transfers')
  const path = join(transfers, readdirSync(transfers)[0]!)
  const whole = readFileSync(path)
  const isOwn = async () => {
    const transfer = readTransfer(context, of)
    const isRefused = await transfer
      .refuseOthers(record, async () => undefined)
      .then(
        () => false,
        (error: unknown) => error instanceof CliError,
      )
    return [transfer.uploads.has('u'), !isRefused]
  }
  expect(await isOwn()).toEqual([true, true])
  for (let end = 0; end < whole.length - 1; end++) {
    writeFileSync(path, whole.subarray(0, end))
    expect(await isOwn(), `${end} bytes`).toEqual([false, false])
  }
})

/** An object of an S3 whose connection is lost now and then. */
function objectOf({ below }: RandomInput, content: Buffer): [ObjectInfo, ObjectStore] {
  const md5 = createHash('md5').update(content).digest('hex')
  const info: ObjectInfo = { location: { bucket: 'b', key: 'k' }, etag: md5, size: content.length, md5, type: undefined }
  const open = async (_: ObjectInfo, from = 0) => {
    const isLost = below(3) === 0
    const end = isLost ? from + below(content.length - from + 1) : content.length
    async function* chunks() {
      if (end > from) yield content.subarray(from, end)
      if (isLost) throw new TransportError('reset', { sent: true })
    }
    return Readable.from(chunks())
  }
  return [info, { open, explain: async () => new CliError('lost') } as unknown as ObjectStore]
}

testRandomly('a download goes on from a part that is whole or cut, and never takes a wrong one', { all: 4000, nth: 20 }, async (random) => {
  const { below, pick, spoiledBytes } = random
  const content = Buffer.from(Array.from({ length: below(300) }, () => below(256)))
  const [info, store] = objectOf(random, content)
  const path = join(folder, 'dir', 'object')
  const part = join(dirname(path), `.object.${info.etag}.part`)
  rmSync(dirname(path), { recursive: true, force: true })
  mkdirSync(dirname(path))
  const cut = content.subarray(0, below(content.length + 1))
  const kept = pick([cut, cut, spoiledBytes(cut), Buffer.concat([content, Buffer.from('x')])])
  writeFileSync(part, kept, { mode: 0o600 })
  const isSound = content.subarray(0, kept.length).equals(kept)
  const tryIt = () => download(info, path, { store, sleep: async () => {} })
  for (let tries = 0; tries < 20 && !existsSync(path); tries++) {
    await acceptable(kept, tryIt)
    if (isSound) expect(existsSync(path) || existsSync(part)).toBe(true)
  }
  expect(readFileSync(path)).toEqual(content)
  expect(readdirSync(dirname(path))).toEqual(['object'])
})
