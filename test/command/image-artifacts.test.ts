import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../src/ims/api.ts'
import { serviceCredentials } from '../../src/s3/credentials.ts'
import { parseLocation } from '../../src/s3/location.ts'
import { openStore, type ObjectStore } from '../../src/s3/store.ts'
import { sleep } from '../../src/time/timer.ts'
import { directTransport } from '../support/object-stores.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { run } from '../support/program.ts'

const whole = '7e2c4a90-b8f6-4e13-a5d7-1c9f3e5b7a06'
const name = 'cray-shasta-compute-sles15sp6.aarch64-25.11.2'
const path = (id: string, file: string) => `s3://boot-images/${id}/${file}`

let mock: RunningMock
let store: ObjectStore
const cray = (words: readonly string[], env: Record<string, string> = {}) =>
  run(words, { cwd: '/', env: { PATH: process.env.PATH!, HOME: '/nonexistent', CRAY_CONFIG_DIR: mock.configDir, ...env } })
const json = async (words: readonly string[]) => {
  const { exit, stdout, stderr } = await cray([...words, '--format', 'json'])
  return { exit, stderr, data: stdout === '' ? undefined : JSON.parse(stdout) }
}
const put = (url: string, text: string) => store.put(parseLocation(url, 'it'), Buffer.from(text), 'application/octet-stream')

beforeAll(async () => {
  mock = await startMock(['--speed', '1000'])
  const api = connect({ hostname: mock.hostname, env: {} })
  store = openStore({ http: directTransport(), credentials: await serviceCredentials(api, { now: Date.now, sleep }) })
})
afterAll(async () => {
  await store?.close()
  await mock?.stop()
})

/** Creates an image whose manifest is this text. @returns its id */
async function imageWith(called: string, manifest: string | undefined): Promise<string> {
  const url = `s3://boot-images/${called}/manifest.json`
  const { etag } = await put(url, manifest ?? 'soon gone')
  const response = await mock.fetch('/apis/ims/v3/images', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: called, link: { path: url, etag, type: 's3' } }),
  })
  const { id } = (await response.json()) as { id: string }
  if (manifest === undefined) await store.remove(parseLocation(url, 'it'))
  return id
}

const entry = (type: string, url: string, text: string) => {
  const md5 = createHash('md5').update(text).digest('hex')
  return { type: `application/vnd.cray.image.${type}`, md5, link: { path: url, etag: md5, type: 's3' } }
}
const manifestOf = (artifacts: object[]) => JSON.stringify({ version: '1.0', created: '2026-01-01 00:00:00', artifacts })

test.concurrent('an image is shown with all that it consists of', async () => {
  const { exit, data, stderr } = await json(['images', 'artifacts', name])
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  const types = ['rootfs', 'kernel', 'initrd', 'boot_parameters']
  expect(data.map(({ type, path }: any) => [type, path])).toEqual([
    ...types.map((type) => [type, path(whole, type)]),
    ['manifest', path(whole, 'manifest.json')],
  ])
  for (const { etag, md5, size } of data)
    expect([etag, md5, size > 0]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.any(String), true])
  const kernel = data.find(({ type }: any) => type === 'kernel')
  expect((await json(['images', 'artifacts', whole, '--type', 'kernel'])).data).toEqual(kernel)
  expect((await cray(['images', 'artifacts', name, '--type', 'kernel', '--query', 'path'])).stdout).toBe(`${path(whole, 'kernel')}\n`)
})

test.concurrent('for BOS and for BSS', async () => {
  const { link } = (await json(['images', 'describe', whole])).data
  expect((await json(['images', 'artifacts', name, '--for', 'bos'])).data).toEqual(link)
  expect((await json(['images', 'artifacts', name, '--for', 'bss'])).data).toEqual({
    kernel: path(whole, 'kernel'),
    initrd: path(whole, 'initrd'),
    params: `console=ttyS0,115200 crashkernel=512M ip=dhcp metal.server=${path(whole, 'rootfs')}`,
  })
})

test.concurrent('with credentials of its own', async () => {
  const words = ['images', 'artifacts', name, '--type', 'kernel', '--s3-endpoint', mock.url]
  const own = await cray(words, { AWS_ACCESS_KEY_ID: 'mock', AWS_SECRET_ACCESS_KEY: mock.token })
  expect(own).toMatchObject({ exit: 0, stderr: '' })
  const wrong = await cray(words, { AWS_ACCESS_KEY_ID: 'mock', AWS_SECRET_ACCESS_KEY: 'wrong-secret' })
  expect(wrong).toMatchObject({ exit: 2, stdout: '' })
  expect(wrong.stderr).toContain(`Error: ${path(whole, 'manifest.json')} can't be looked at: access denied`)
  expect(wrong.stderr).toContain('those of the environment (AWS_ACCESS_KEY_ID)')
  expect(wrong.stderr).not.toContain('wrong-secret')
  expect((await cray(words)).stderr).toContain(`Error: there are no credentials for the S3 at ${mock.url}`)
  for (const endpoint of ['rgw-vip', 'https://jane:hidden@rgw-vip']) {
    const refused = await cray([...words.slice(0, -1), endpoint])
    expect(refused.stderr).toContain("Error: Invalid value for '--s3-endpoint': it is not an address like https://HOST")
    expect(refused.stderr).not.toContain('hidden')
  }
})

test.concurrent('what is missing is an error, and never an empty path', async () => {
  const id = await imageWith('without-initrd', manifestOf([entry('kernel', path(whole, 'kernel'), '')]))
  for (const words of [
    ['--type', 'initrd'],
    ['--for', 'bss'],
    ['--type', 'rootfs', '--query', 'path'],
  ]) {
    const { exit, stdout, stderr } = await cray(['images', 'artifacts', id, ...words])
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toMatch(/^Error: image \S+ has no (initrd|rootfs)\n/)
  }
})

test.concurrent.each([
  ['no manifest', undefined, 'has no manifest'],
  ['no JSON', 'x', "is not a usable manifest: it isn't JSON"],
  ['another version', '{"version":"2.0","artifacts":[]}', 'its version is "2.0"'],
  ['an empty path', manifestOf([{ type: 'application/vnd.cray.image.kernel', link: { path: '' } }]), 'has no type or no link with a path'],
])('an image with %s', async (called, manifest, message) => {
  const id = await imageWith(called.replaceAll(' ', '-'), manifest)
  const { exit, stdout, stderr } = await cray(['images', 'artifacts', id, '--for', 'bos'])
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
  expect(stderr).toContain(message)
  const verified = await json(['images', 'verify', id])
  expect(verified.exit).toBe(1)
  expect(verified.data[0].problems).toEqual([expect.stringContaining(message)])
})

test.concurrent('images are verified, and the exit code tells', async () => {
  expect(await json(['images', 'verify', name, '--content'])).toEqual({
    exit: 0,
    stderr: '',
    data: [{ id: whole, name, complete: true, problems: [] }],
  })
  const here = (file: string) => `s3://boot-images/wrong/${file}`
  const id = await imageWith(
    'wrong',
    manifestOf([
      entry('rootfs.squashfs', here('rootfs'), 'rootfs'),
      entry('kernel', here('kernel'), 'kernel'),
      entry('initrd', here('initrd'), ''),
    ]),
  )
  await put(here('kernel'), 'another kernel')
  await put(here('initrd'), '')
  const bare = await json(['images', 'create', '--name', 'bare'])
  const { exit, data } = await json(['images', 'verify', name, id, bare.data.id])
  expect(exit).toBe(1)
  expect(data.map(({ complete }: any) => complete)).toEqual([true, false, false])
  expect(data[2].problems).toEqual(['it has no link: its artifacts were never uploaded'])
  expect(data[1].problems).toEqual([
    `rootfs: ${here('rootfs')} is not there`,
    expect.stringMatching(/^kernel: its etag is [0-9a-f]{32}, and [0-9a-f]{32} in the manifest$/),
    expect.stringMatching(/^kernel: its md5 sum is [0-9a-f]{32}, and [0-9a-f]{32} in the manifest$/),
    `initrd: ${here('initrd')} is empty`,
  ])
})
