import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMock, type Mock } from '../../src/mock/library.ts'
import { serveMock, type MockServer } from '../../src/mock/serve.ts'
import { bundled } from '../support/bundled.ts'

const MiB = 1024 * 1024

/** Uploads a file and downloads it again; prints its largest memory in KiB: resource usage would count that of who started it. */
const program = `
import { readFileSync } from 'node:fs'
import { streamFile } from '@/files/stream-file.ts'
import { createTransport } from '@/http/http-client.ts'
import { connect } from '@/ims/api.ts'
import { connectStore } from '@/s3/connect.ts'
import { download } from '@/s3/download.ts'
import { sleep } from '@/time/timer.ts'
const [url, file] = process.argv.slice(2)
const http = createTransport({ env: {}, keepAlive: true })
const store = await connectStore({ http, api: async () => connect({ hostname: url, env: {} }), now: Date.now, sleep })
const source = streamFile(file)
const md5 = await source.md5()
const info = await store.upload({ bucket: 'boot-images', key: 'large' }, { ...source, md5, type: 'application/octet-stream' })
await download(info, file + '.back', { store, sleep })
await store.close()
console.log(JSON.stringify({ kib: Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]), same: (await streamFile(file + '.back').md5()) === md5, etag: info.etag }))
`

let folder: string
let mock: Mock
let server: MockServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'))
  mock = createMock()
  server = await serveMock(mock)
})
afterAll(async () => {
  await server?.close()
  mock?.close()
  rmSync(folder, { recursive: true, force: true })
})

test('what is larger than memory may be goes and comes in constant memory', async () => {
  const size = Number(process.env.LARGE_MIB ?? 240)
  const file = join(folder, 'rootfs')
  writeFileSync(file, randomBytes(MiB))
  truncateSync(file, size * MiB)
  const script = await bundled(folder, 'large', program)
  const { stdout } = await promisify(execFile)(process.execPath, [script, server.url, file], {
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  })
  const { kib, same, etag } = JSON.parse(stdout)
  expect({ same, etag }).toEqual({ same: true, etag: expect.stringMatching(new RegExp(`-${Math.ceil(size / 8)}$`)) })
  expect(kib / 1024).toBeLessThanOrEqual(200)
}, 600_000)
