import { gunzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { connect } from '../../src/ims/api.ts'
import type { Http } from '../../src/http/http-client.ts'
import type { StreamRequest } from '../../src/http/stream.ts'
import type { HttpRequest } from '../../src/http/transport.ts'
import { createMock, type Mock } from '../../src/mock/library.ts'
import { packTexts } from '../../src/mock/s3/archive.ts'
import { serveMock } from '../../src/mock/serve.ts'
import { artifactTypes, readManifest } from '../../src/s3/artifacts.ts'
import { serviceCredentials } from '../../src/s3/credentials.ts'
import { parseLocation, s3Url } from '../../src/s3/location.ts'
import { openStore, type ObjectStore } from '../../src/s3/store.ts'
import { toData, toValue } from '../../src/json/value.ts'
import { directTransport } from '../support/object-stores.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

interface Site {
  mock: Mock
  http: Http
  store: ObjectStore
  /** Seconds that the clock of both was moved on. */
  pass(seconds: number): void
  ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: Record<string, unknown>): Promise<any>
}

async function start(faults: string[] = [], credentialsLast?: number): Promise<Site> {
  let passed = 0
  const now = () => Date.now() + passed * 1000
  const mock = createMock({ faults, credentialsLast, speed: 'step', clock: { now, sleep: async () => {} } })
  const server = await serveMock(mock)
  const http = directTransport()
  const api = connect({ hostname: server.url, env: {} })
  const store = openStore({ http, credentials: await serviceCredentials(api, { now, sleep: async () => {} }) })
  undo.push(mock.close, server.close, store.close)
  const ask: Site['ask'] = async (method, path, body) => {
    const sent = body && toValue(body)
    return toData((await api.send({ method, path: `/apis/ims/v3${path}`, body: sent })) ?? null)
  }
  return { mock, http, store, pass: (seconds) => (passed += seconds), ask }
}

const place = { bucket: 'ims', key: 'x' }
const text = async ({ store }: Site, url: string) => (await store.read(parseLocation(url, 'it'), 1e6)).toString()

test('credentials are renewed before they end', async () => {
  const site = await start([], 60)
  const first = await site.store.put(place, Buffer.from('one'), 'text/plain')
  site.pass(59)
  expect(await site.store.head(place)).toEqual(first)
  site.pass(600)
  expect(await site.store.head(place)).toEqual(first)
})

test('credentials that have ended are refused, and the error says until when they were good', async () => {
  const site = await start([], 60)
  const { credentials } = {
    credentials: await serviceCredentials(connect({ hostname: site.store.endpoint, env: {} }), { now: Date.now, sleep: async () => {} }),
  }
  const keys = await credentials.keys()
  const stale = openStore({ http: site.http, credentials: { ...credentials, keys: async () => ({ ...keys, expiration: undefined }) } })
  site.pass(61)
  await expect(stale.put(place, Buffer.from('one'), 'text/plain')).rejects.toMatchObject({
    message: "s3://ims/x can't be written: access denied",
    more: [
      `The credentials were those of PUT /apis/sts/token, good until ${keys.expiration!.toISOString()}.`,
      expect.stringMatching('127.0.0.1'),
    ],
  })
})

test.each([
  ['503 that passes', 'PUT s3://ims/x 503 x2', undefined],
  ['500 that stays', 'PUT s3://ims/x 500', "s3://ims/x can't be written: HTTP 500, InternalError"],
  ['connection that is lost', 'PUT s3://ims/x reset x2', undefined],
  ['answer that breaks off', 'HEAD s3://ims/x reset x1', undefined],
  ['refusal', 'PUT s3://ims/* 403', "s3://ims/x can't be written: access denied"],
])('a %s', async (_, fault, message) => {
  const site = await start([fault])
  const put = site.store.put(place, Buffer.from('one'), 'text/plain')
  if (message === undefined) await expect(put).resolves.toMatchObject({ size: 3 })
  else await expect(put).rejects.toThrow(message)
})

test('the records of a seed have their objects', async () => {
  const site = await start()
  for (const recipe of await site.ask('GET', '/recipes')) {
    const info = await site.store.head(parseLocation(recipe.link.path, 'it'))
    expect(info).toMatchObject({ etag: recipe.link.etag, md5: expect.stringMatching(/^[0-9a-f]{32}$/) })
    expect(gunzipSync(await site.store.read(info!.location, 1e6)).toString()).toContain('config.xml')
  }
  for (const image of await site.ask('GET', '/images')) {
    expect(await site.store.head(parseLocation(image.link.path, 'it'))).toMatchObject({ etag: image.link.etag, type: 'application/json' })
    const { artifacts } = readManifest(await text(site, image.link.path), image.link.path)
    expect(artifacts.map(({ type }) => type).sort()).toEqual(Object.values(artifactTypes).sort())
    for (const { md5, link } of artifacts) {
      expect(await site.store.head(parseLocation(link.path, 'it'))).toMatchObject({ md5, etag: link.etag })
    }
  }
})

test('what was uploaded goes below deleted/ with its record, and comes back with it', async () => {
  const site = await start()
  const archive = packTexts({ 'config.xml': '<image/>' })
  const { id } = await site.ask('POST', '/recipes', { name: 'mine', recipe_type: 'kiwi-ng', linux_distribution: 'sles15' })
  const there = { bucket: 'ims', key: `recipes/${id}/mine.tgz` }
  const { etag } = await site.store.put(there, archive, 'application/gzip')
  await site.ask('PATCH', `/recipes/${id}`, { link: { path: s3Url(there), etag, type: 's3' } })
  await site.ask('DELETE', `/recipes/${id}`)
  expect(await site.store.head(there)).toBeUndefined()
  const { link } = await site.ask('GET', `/deleted/recipes/${id}`)
  expect(link).toEqual({ path: `s3://ims/deleted/recipes/${id}/mine.tgz`, etag, type: 's3' })
  expect(await site.store.read(parseLocation(link.path, 'it'), 1e6)).toEqual(archive)
  await site.ask('PATCH', `/deleted/recipes/${id}`, { operation: 'undelete' })
  expect(await site.store.read(there, 1e6)).toEqual(archive)

  const image = await site.ask('POST', '/images', { name: 'mine' })
  const manifest = { bucket: 'boot-images', key: `${image.id}/manifest.json` }
  const kernel = { bucket: 'boot-images', key: `${image.id}/kernel` }
  await site.store.put(kernel, Buffer.from('kernel'), artifactTypes.kernel)
  const put = await site.store.put(manifest, Buffer.from('{}'), 'application/json')
  await site.ask('PATCH', `/images/${image.id}`, { link: { path: s3Url(manifest), etag: put.etag, type: 's3' } })
  await site.ask('DELETE', `/images/${image.id}`)
  expect([await site.store.head(kernel), await site.store.head(manifest)]).toEqual([undefined, undefined])
  expect(await text(site, `s3://boot-images/deleted/${image.id}/kernel`)).toBe('kernel')
  expect(await text(site, (await site.ask('GET', `/deleted/images/${image.id}`)).link.path)).toBe('{}')
  await site.ask('PATCH', `/deleted/images/${image.id}`, { operation: 'undelete' })
  expect(await text(site, s3Url(kernel))).toBe('kernel')
  expect((await site.ask('GET', `/images/${image.id}`)).link).toEqual({ path: s3Url(manifest), etag: put.etag, type: 's3' })
})

test.each([
  ['is good', packTexts({ 'config.xml': '<image/>' }), 'success'],
  ['has no config.xml', packTexts({ 'other.xml': '<image/>' }), 'waiting_for_repos'],
  ['is no archive', Buffer.from('no archive'), 'error'],
  ['is gone', undefined, 'error'],
])('a job whose recipe %s', async (_, bytes, status) => {
  const site = await start()
  const key = await site.ask('POST', '/public-keys', { name: 'key', public_key: 'ssh-ed25519 AAAA' })
  const { id } = await site.ask('POST', '/recipes', { name: 'mine', recipe_type: 'kiwi-ng', linux_distribution: 'sles15' })
  const there = { bucket: 'ims', key: `recipes/${id}/mine.tgz` }
  const { etag } = await site.store.put(there, bytes ?? Buffer.from('soon gone'), 'application/gzip')
  await site.ask('PATCH', `/recipes/${id}`, { link: { path: s3Url(there), etag, type: 's3' } })
  if (!bytes) await site.store.remove(there)
  const job = await site.ask('POST', '/jobs', {
    job_type: 'create',
    artifact_id: id,
    public_key_id: key.id,
    image_root_archive_name: 'made',
  })
  let last = job
  for (let step = 0; step < 12; step++) last = await site.ask('GET', `/jobs/${job.id}`)
  expect(last.status).toBe(status)
  if (status !== 'success') return
  const { link } = await site.ask('GET', `/images/${last.resultant_image_id}`)
  expect(await site.store.head(parseLocation(link.path, 'it'))).toMatchObject({ etag: link.etag })
})

test('who is not signed in gets nothing: a request without a signature, and one that was changed on its way', async () => {
  const site = await start()
  const info = await site.store.put(place, Buffer.from('secret'), 'text/plain')
  const plain = await fetch(`${site.store.endpoint}/ims/x`)
  expect(await plain.text()).not.toContain('secret')
  expect(plain.ok).toBe(false)
  const misleading = (request: StreamRequest) =>
    site.http.stream({ ...request, url: new URL(String(request.url).replace('/ims/y', '/ims/x')) })
  const changed = Object.assign((request: HttpRequest) => site.http(request), site.http, { stream: misleading })
  const thief = openStore({
    http: changed,
    credentials: await serviceCredentials(connect({ hostname: site.store.endpoint, env: {} }), { now: Date.now, sleep: async () => {} }),
  })
  await expect(thief.read({ bucket: 'ims', key: 'y' }, 100)).rejects.toThrow('access denied')
  expect(await site.store.head(place)).toEqual(info)
})
