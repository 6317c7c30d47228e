import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { streamFile } from '../../src/files/stream-file.ts'
import type { Http } from '../../src/http/http-client.ts'
import { createClient } from '../../src/s3/client.ts'
import type { Content } from '../../src/s3/content.ts'
import { download } from '../../src/s3/download.ts'
import type { Location } from '../../src/s3/location.ts'
import { openStore, type ObjectInfo, type ObjectStore } from '../../src/s3/store.ts'
import { sleep } from '../../src/time/timer.ts'
import { directTransport, startGatewayStore, startMockStore, withoutGateway, type TestStore } from '../support/object-stores.ts'
import { startStoreSite } from '../support/store-site.ts'

const MiB = 1024 * 1024
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

/** Content in pieces of a size that fits no part's. */
function content(bytes: Buffer, open = () => Readable.from(chunks(bytes), { objectMode: false })): Content {
  return { size: bytes.length, md5: md5(bytes), type: 'application/vnd.cray.image.kernel', open }
}

function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 700_000) yield bytes.subarray(at, at + 700_000)
}

const kinds = [
  ['the mock', startMockStore, false],
  ['a RADOS Gateway', startGatewayStore, withoutGateway],
] as const

for (const [name, start, skipped] of kinds) {
  describe.skipIf(skipped)(`the S3 of ${name}`, () => {
    let site: TestStore
    let http: Http
    let store: ObjectStore
    let client: S3Client
    let folder: string
    const at = (key: string): Location => ({ bucket: 'boot-images', key })
    const unfinished = async (prefix: string) =>
      (await client.send(new ListMultipartUploadsCommand({ Bucket: 'boot-images', Prefix: prefix }))).Uploads ?? []

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'store-'))
      site = await start()
      http = directTransport()
      store = openStore({ http, credentials: site.credentials })
      client = createClient(http, site.credentials)
    })
    afterAll(async () => {
      await store?.close()
      await site?.close()
      rmSync(folder, { recursive: true, force: true })
    })

    test.each([
      ['nothing', 0],
      ['one part', 3 * MiB],
      ['a part exactly', 8 * MiB],
      ['several parts', 20 * MiB + 17],
    ])('uploads and downloads %s', async (_, size) => {
      const bytes = randomBytes(size)
      const place = at(`sizes/${size}`)
      const seen: number[] = []
      const info = await store.upload(place, content(bytes), (sent) => seen.push(sent))
      expect(info).toMatchObject({ size, md5: md5(bytes), type: 'application/vnd.cray.image.kernel' })
      const parts = Math.ceil(size / (8 * MiB))
      expect(info.etag).toMatch(parts > 1 ? new RegExp(`^[0-9a-f]{32}-${parts}$`) : new RegExp(`^${md5(bytes)}$`))
      expect(seen.at(-1) ?? 0).toBe(size)
      expect(await store.head(place)).toEqual(info)

      const target = join(folder, String(size))
      await download(info, target, { store, sleep })
      expect(md5(readFileSync(target))).toBe(md5(bytes))
    })

    test('uploads the same once', async () => {
      const bytes = randomBytes(MiB)
      const first = await store.upload(at('once'), content(bytes))
      const again = content(bytes, () => expect.unreachable())
      expect(await store.upload(at('once'), again)).toEqual(first)
    })

    test.each([
      ['one part', 3 * MiB],
      ['several parts', 20 * MiB + 17],
    ])('takes sums that were found out before: %s', async (_, size) => {
      const bytes = randomBytes(size)
      const file = join(folder, `summed-${size}`)
      writeFileSync(file, bytes)
      const sums = await streamFile(file).partSums(8 * MiB).sums
      const place = at(`summed/${size}`)
      expect(await store.upload(place, { ...content(bytes), partSums: sums })).toMatchObject({ size, md5: md5(bytes) })
      const changed = Buffer.from(bytes)
      changed[size - 1]! ^= 1
      const fails = store.upload(at(`changed/${size}`), { ...content(bytes, () => Readable.from(chunks(changed))), partSums: sums })
      await expect(fails).rejects.toThrow('what arrived is not what was read before')
      expect(await store.head(at(`changed/${size}`))).toBeUndefined()
      expect(await unfinished(`changed/${size}`)).toEqual([])
    })

    test.each(['a b', 'ä/ö', "it's(1)!*", 'a+b&c=d?e#f', '100%', 'x'.repeat(900), '~tilde@:$,'])('takes a key like %s', async (key) => {
      const put = await store.put(at(`keys/${key}`), Buffer.from(key), 'text/plain')
      expect(await store.head(at(`keys/${key}`))).toEqual(put)
      expect((await store.read(at(`keys/${key}`), 10_000)).toString()).toBe(key)
      await store.remove(at(`keys/${key}`))
      expect(await store.head(at(`keys/${key}`))).toBeUndefined()
    })

    test('says what is not there, and which credentials are refused', async () => {
      await expect(store.read(at('nowhere'), 10)).rejects.toThrow("s3://boot-images/nowhere can't be read: there is no such object")
      await expect(store.read({ bucket: 'nowhere', key: 'a' }, 10)).rejects.toThrow('there is no bucket nowhere')
      const keys = async () => ({ ...(await site.credentials.keys()), secretAccessKey: 'wrong-secret' })
      const wrong = openStore({ http, credentials: { ...site.credentials, keys } })
      const failure = await wrong.put(at('refused'), Buffer.from('x'), 'text/plain').catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(CliError)
      expect((failure as CliError).message).toBe("s3://boot-images/refused can't be written: access denied")
      expect((failure as CliError).more[0]).toContain(site.credentials.inWords())
      expect(JSON.stringify([failure, (failure as CliError).more])).not.toContain('wrong-secret')
      await expect(wrong.head(at('once'))).rejects.toThrow('access denied')
    })

    test('an upload that is ended leaves nothing behind', async () => {
      const end = new AbortController()
      const ending = openStore({ http, credentials: site.credentials, signal: end.signal })
      const bytes = randomBytes(40 * MiB)
      const reason = new CliError('Interrupted', { exit: 130 })
      let sent = 0
      const upload = ending.upload(at('ended'), content(bytes), (count) => {
        sent = count
        end.abort(reason)
      })
      await expect(upload).rejects.toBe(reason)
      expect(sent).toBeGreaterThan(0)
      expect(await unfinished('ended')).toEqual([])
      expect(await store.head(at('ended'))).toBeUndefined()
    })

    test('an upload that breaks off is begun anew, without the parts of the first', async () => {
      const bytes = randomBytes(20 * MiB)
      const breaking = () =>
        Readable.from(
          (function* () {
            yield bytes.subarray(0, 10 * MiB)
            throw new Error('the file ended')
          })(),
          { objectMode: false },
        )
      await expect(store.upload(at('again'), content(bytes, breaking))).rejects.toThrow('the file ended')
      expect(await unfinished('again')).toEqual([])
      expect(await store.upload(at('again'), content(bytes))).toMatchObject({ md5: md5(bytes) })
    })

    const copyOf = (from: ObjectInfo, sum = from.md5!) => ({ from, size: from.size, md5: sum, type: from.type! })

    test('copies by one request, or in parts, without the content', async () => {
      const bytes = randomBytes(20 * MiB + 17)
      const info = await store.upload(at("copies/a b+c&d=é?x%20#'(1)!*"), content(bytes))
      const seen: number[] = []
      await store.put(at("copies/a b+c&d=é?x #'(1)!*"), Buffer.from('another'), 'text/plain')
      const whole = await store.upload(at('copies/whole'), copyOf(info), (count) => seen.push(count))
      expect([whole.md5, whole.size, whole.type, whole.etag, seen]).toEqual([info.md5, info.size, info.type, info.etag, [info.size]])

      const inParts = openStore({ http, credentials: site.credentials, largestCopied: 5 * MiB })
      seen.length = 0
      const parts = await inParts.upload(at('copies/parts ü'), copyOf(info), (count) => seen.push(count))
      expect([parts.md5, parts.size, parts.type]).toEqual([info.md5, info.size, info.type])
      expect([parts.etag, seen.length, seen.at(-1)]).toEqual([expect.stringMatching(/^[0-9a-f]{32}-5$/), 5, info.size])
      for (const { location } of [whole, parts]) expect(md5(await store.read(location, 32 * MiB))).toBe(info.md5)
      expect(await unfinished('copies/')).toEqual([])

      const nothing = { ...copyOf(info), from: { ...info, location: at('nowhere') } }
      // What is there is not copied again.
      expect(await inParts.upload(parts.location, nothing)).toEqual(parts)
      await expect(store.upload(at('copies/none'), nothing)).rejects.toThrow("s3://boot-images/nowhere can't be copied: there is no such")
      await expect(inParts.upload(at('copies/none'), nothing)).rejects.toThrow("s3://boot-images/nowhere can't be copied: there is no such")
      expect([await store.head(at('copies/none')), await unfinished('copies/')]).toEqual([undefined, []])
    })

    test('a copy of what says no md5 sum says it', async () => {
      const bytes = randomBytes(9 * MiB)
      const bare = { ...content(bytes), md5: undefined as never }
      const info = await store.upload(at('bare'), bare)
      expect(info.md5).toBeUndefined()
      expect(await store.upload(at('bare copy'), copyOf(info, md5(bytes)))).toMatchObject({ md5: md5(bytes), type: info.type })
    })

    test('a copy that is ended, or of what is replaced meanwhile, leaves nothing behind', async () => {
      const info = await store.upload(at('source'), content(randomBytes(20 * MiB)))
      const end = new AbortController()
      const reason = new CliError('Interrupted', { exit: 130 })
      const options = { http, credentials: site.credentials, largestCopied: 5 * MiB }
      const ending = openStore({ ...options, signal: end.signal })
      await expect(ending.upload(at('copy'), copyOf(info), () => end.abort(reason))).rejects.toBe(reason)
      expect([await unfinished('copy'), await store.head(at('copy'))]).toEqual([[], undefined])

      // One that was killed is taken back.
      await client.send(new CreateMultipartUploadCommand({ Bucket: 'boot-images', Key: 'copy' }))
      await store.upload(at('source'), content(randomBytes(20 * MiB)))
      const late = "s3://boot-images/source can't be copied: it was replaced meanwhile"
      const own = { has: () => false, add: () => {} }
      await expect(openStore(options).upload(at('copy'), copyOf(info), undefined, own)).rejects.toThrow(late)
      expect([await unfinished('copy'), await store.head(at('copy'))]).toEqual([[], undefined])
      await expect(store.upload(at('copy'), copyOf(info))).rejects.toThrow('s3://boot-images/copy is not what was copied')
    })

    const named = { Bucket: 'boot-images', Key: 'by hand', CopySource: 'boot-images/small' }
    const now = Date.now()
    const past = new Date(now - 1e8).toUTCString()
    const future = new Date(now + 1e8).toUTCString()
    test.each<[string, object, Record<string, string>, number]>([
      ['as it is', {}, {}, 200],
      ['with other metadata', { MetadataDirective: 'REPLACE' }, {}, 200],
      ['with a directive that there is not', { MetadataDirective: 'OTHER' }, {}, 400],
      ['onto itself', { Key: 'small' }, {}, 400],
      ['of nothing', { CopySource: 'boot-images/nowhere' }, {}, 404],
      ['of no bucket', { CopySource: 'nowhere/small' }, {}, 404],
      ['of a bucket alone', { CopySource: 'boot-images/' }, {}, 400],
      ['on a condition of AWS, which is ignored', { CopySourceIfMatch: '"0"' }, {}, 200],
      ['if it matches', {}, { 'x-amz-copy-if-match': '"5d41402abc4b2a76b9719d911017c592"' }, 200],
      ['if it matches, but it does not', {}, { 'x-amz-copy-if-match': '*' }, 412],
      ['unless it matches', {}, { 'x-amz-copy-if-none-match': '"0"' }, 200],
      ['unless it matches, but it does', {}, { 'x-amz-copy-if-none-match': '5d41402abc4b2a76b9719d911017c592' }, 304],
      ['if it is newer', {}, { 'x-amz-copy-if-modified-since': past }, 200],
      ['if it is newer, but it is not', {}, { 'x-amz-copy-if-modified-since': future }, 304],
      ['if it is older', {}, { 'x-amz-copy-if-unmodified-since': future }, 200],
      ['if it is older, but it is not', {}, { 'x-amz-copy-if-unmodified-since': past }, 412],
    ])('copies %s: like the other', async (_, more, headers, status) => {
      await store.put(at('small'), Buffer.from('hello'), 'text/x-small')
      const own = createClient(http, site.credentials)
      const adds = (args: { request?: unknown }) => void Object.assign((args.request as { headers: object }).headers, headers)
      own.middlewareStack.add((next) => (args) => (adds(args), next(args)), { step: 'build', name: 'headers' })
      const sent = new CopyObjectCommand({ ...named, Metadata: { other: 'x' }, ContentType: 'a/b', ...more })
      const found = await own.send(sent).then(
        ({ $metadata, CopyObjectResult }) => ({ status: $metadata.httpStatusCode, etag: CopyObjectResult?.ETag }),
        (error: { $metadata: { httpStatusCode: number } }) => ({ status: error.$metadata.httpStatusCode }),
      )
      expect(found).toEqual(status === 200 ? { status, etag: md5(Buffer.from('hello')) } : { status })
      if (status === 200) expect((await store.head(at('by hand')))?.type).toBe('MetadataDirective' in more ? 'a/b' : 'text/x-small')
    })

    test.each([
      ['bytes=1-3', 'ell'],
      ['bytes=-2', 'hel'],
      [undefined, 'hello'],
      ['bytes=1-5', 416],
      ['bytes=3-1', 416],
      ['bytes=1-', 416],
      ['1-3', 400],
    ])('copies the range %s into a part: %s', async (CopySourceRange, expected) => {
      await store.put(at('small'), Buffer.from('hello'), 'text/x-small')
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: 'boot-images', Key: 'by hand' }))
      const found = await client.send(new UploadPartCopyCommand({ ...named, UploadId, PartNumber: 1, CopySourceRange })).then(
        ({ CopyPartResult }) => CopyPartResult?.ETag,
        (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode,
      )
      expect(found).toBe(typeof expected === 'string' ? md5(Buffer.from(expected)) : expected)
    })

    test("an upload in parts that somebody else goes on with is left alone, until nothing comes any more; our own isn't", async () => {
      const place = at('shared')
      const named = { Bucket: place.bucket, Key: place.key }
      const bytes = randomBytes(9 * MiB)
      expect(await store.lastUpload(place)).toBeUndefined()
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(named))
      const others = { ...named, UploadId }
      await expect(store.upload(place, content(bytes))).rejects.toThrow('s3://boot-images/shared is being uploaded by another command')
      for (const PartNumber of [1, 2]) await client.send(new UploadPartCommand({ ...others, PartNumber, Body: Buffer.alloc(5 * MiB) }))
      const refused = await store.upload(place, content(bytes), undefined, { has: () => false, add: () => {} }).catch((error) => error)
      expect(refused.more).toEqual([expect.stringMatching(/^Its upload was begun 20\S+Z; its newest part came 20\S+Z\.$/)])
      expect(refused.next).toMatch(/^the same command again, once nothing has come for 10m: from 20\S+Z on$/)
      expect(Math.abs((await store.lastUpload(place))! - Date.now())).toBeLessThan(60_000)
      // Its parts are still there.
      await client.send(new UploadPartCommand({ ...others, PartNumber: 3, Body: 'x' }))

      const begun: string[] = []
      const own = { has: (id: string) => id === UploadId, add: (id: string) => void begun.push(id) }
      expect(await store.upload(place, content(bytes), undefined, own)).toMatchObject({ md5: md5(bytes) })
      expect(begun).toHaveLength(1)
      expect(await unfinished('shared')).toEqual([])

      await client.send(new CreateMultipartUploadCommand({ ...named, Key: 'left' }))
      const later = openStore({ http, credentials: site.credentials, now: () => Date.now() + 11 * 60_000 })
      expect(await later.upload(at('left'), content(bytes))).toMatchObject({ md5: md5(bytes) })
      expect(await unfinished('left')).toEqual([])
    })

    test('recipes go there, are recognised, replaced and compared, and come back', async () => {
      const service = await startStoreSite({ seed: {} })
      try {
        const { accessKeyId, secretAccessKey, sessionToken } = await site.credentials.keys()
        Object.assign(service.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
        if (sessionToken !== undefined) service.env.AWS_SESSION_TOKEN = sessionToken
        const cray = (...words: string[]) => service.ims('recipes', ...words, '--s3-endpoint', site.credentials.endpoint)
        const tree = join(service.folder, 'tree')
        mkdirSync(tree)
        const config = '<image><repository><source path="https://r.local/x"/></repository></image>'
        writeFileSync(join(tree, 'config.xml'), config)
        // More than a part.
        writeFileSync(join(tree, 'large'), randomBytes(9 * MiB))
        const upload = ['upload', 'tree', '--name', 'mine']
        const first = await cray(...upload)
        expect(first).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) })
        const id = first.stdout.trim()
        expect(service.mock.state.recipes.get(id)?.link?.etag).toMatch(/^[0-9a-f]{32}-2$/)
        const [again, came] = await Promise.all([cray(...upload), cray('download', 'mine', '--dir', 'back')])
        expect([again.exit, again.stdout, came.exit]).toEqual([0, first.stdout, 0])
        expect(readFileSync(join(service.folder, 'back/large')).equals(readFileSync(join(tree, 'large')))).toBe(true)

        writeFileSync(join(tree, 'config.sh'), 'new')
        const differs = await cray('diff', 'mine', 'tree', '--format', 'json')
        expect([differs.exit, JSON.parse(differs.stdout)]).toEqual([1, [{ file: 'config.sh', change: 'added' }]])
        const replaced = await cray(...upload, '--if-exists', 'replace')
        expect(replaced.stderr).toContain(`Recipe ${id} is deleted`)
        expect([...service.mock.state.recipes.values()].map((recipe) => recipe.id)).toEqual([replaced.stdout.trim()])
        expect(await store.head({ bucket: 'ims', key: `recipes/${replaced.stdout.trim()}/recipe.tar.gz` })).toMatchObject({
          type: 'application/gzip',
        })
      } finally {
        await service.close()
      }
    })

    test('a download goes on where it was cut off, and refuses what is broken', async () => {
      const bytes = randomBytes(12 * MiB)
      const info = await store.upload(at('resumed'), content(bytes))
      const target = join(folder, 'resumed')
      const cut: ObjectStore = {
        ...store,
        open: async (...asked) =>
          Readable.from(
            (async function* () {
              let left = 5 * MiB
              for await (const chunk of await store.open(...asked)) {
                yield (chunk as Buffer).subarray(0, left)
                left -= (chunk as Buffer).length
                if (left <= 0) throw new CliError('cut')
              }
            })(),
            { objectMode: false },
          ),
      }
      await expect(download(info, target, { store: cut, sleep })).rejects.toThrow('cut')
      expect(readdirSync(folder)).not.toContain('resumed')
      const from: number[] = []
      const watched: ObjectStore = { ...store, open: (asked, at = 0) => (from.push(at), store.open(asked, at)) }
      await download(info, target, { store: watched, sleep })
      expect(from).toEqual([5 * MiB])
      expect(md5(readFileSync(target))).toBe(md5(bytes))

      await expect(download({ ...info, md5: '0'.repeat(32) }, join(folder, 'broken'), { store, sleep })).rejects.toThrow('is broken')
      expect(readdirSync(folder).filter((file) => file.includes('broken'))).toEqual([])
      writeFileSync(join(folder, `.stale.${info.etag}.part`), 'something else')
      await expect(download(info, join(folder, 'stale'), { store, sleep })).rejects.toThrow('is broken')
    })
  })
}
