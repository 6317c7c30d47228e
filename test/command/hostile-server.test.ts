import { mkdirSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeServerCertificate, type Pair } from '../support/certificates.ts'
import { serveHttp, serveSocket, type Loopback } from '../support/loopback.ts'
import { run } from '../support/program.ts'
import { serveProxy } from '../support/proxy.ts'
import { temporaryFolder } from '../support/sshd.ts'

let home: ReturnType<typeof temporaryFolder>
let open: Loopback[]
beforeEach(() => {
  home = temporaryFolder()
  open = []
})
afterEach(async () => {
  for (const server of open) await server.close()
  home.remove()
})

function configure(hostname: string): void {
  mkdirSync(join(home.path, '.config/cray/configurations'), { recursive: true })
  writeFileSync(join(home.path, '.config/cray/configurations/default'), `[core]\nhostname = "${hostname}"\n`)
}
async function configured(starting: Promise<Loopback>): Promise<void> {
  const server = await starting
  open.push(server)
  configure(server.url)
}
const answering = (text: string) => (socket: Socket) => void socket.once('data', () => socket.write(text))
const serving = (listener: RequestListener, pair?: Pair) =>
  configured(serveHttp((request, response) => void request.resume().on('end', () => listener(request, response)), pair))
const cray = (argv: readonly string[], env: Record<string, string> = {}) =>
  run(argv, { cwd: home.path, env: { PATH: process.env.PATH!, HOME: home.path, CRAY_IMS_RETRIES: '0', ...env } })

const list = ['images', 'list']

describe('an answer that switches to another protocol is an error', () => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  test.each([[list], [['images', 'create', '--name', 'n']], [['images', 'delete', 'x']], [['jobs', 'wait', 'x']]])('%j', async (argv) => {
    await configured(serveSocket(answering(switching)))
    const { exit, stdout, stderr } = await cray(argv)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toContain('the server switches to another protocol (101), which was not asked for')
  })

  test('of the token server, too', async () => {
    const pair = await makeServerCertificate({})
    await serving((_request, response) => void response.socket!.write(switching), pair)
    writeFileSync(join(home.path, 'ca.pem'), pair.cert)
    const { exit, stdout, stderr } = await cray(['auth', 'login', '--username', 'u', '--password', 'p', '--ca-file', 'ca.pem'])
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toMatch(/^Error: Unable to login!\n.*switches to another protocol \(101\)/)
  })
})

describe('an answer that becomes larger than it may is an error that names the limit', () => {
  const json = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }
  // Many streams of gzip, one behind the other, are one text.
  const spaces = gzipSync(Buffer.alloc(2 ** 26, ' '))

  test.each([
    ['a list', [...list, '--query', 'length(@)'], 9, 'the answer is larger than 512 MiB decoded'],
    ['one record', ['images', 'describe', 'x'], 2, 'the answer is larger than 64 MiB decoded'],
  ])('%s', async (_, argv, times, why) => {
    await serving(
      (_request, response) => void response.writeHead(200, json).end(Buffer.concat([gzipSync('['), ...Array(times).fill(spaces)])),
    )
    const { exit, stdout, stderr } = await cray(argv)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toContain(why)
  })
})

test('a limit of weeks is one', async () => {
  await serving(
    (_request, response) => void setTimeout(() => response.writeHead(200, { 'Content-Type': 'application/json' }).end('[]'), 100),
  )
  expect(await cray([...list, '--connect-timeout', '597h', '--request-timeout', '1000h'])).toEqual({
    exit: 0,
    stdout: 'results = []\n\n',
    stderr: '',
  })
})

test.each([
  [403, 'the proxy refused to connect: 403'],
  [407, 'the proxy wants a user name and password'],
])('what a proxy refuses ends a wait: %d', async (refuse, why) => {
  configure('https://ims.invalid')
  const proxy = await serveProxy({ refuse })
  open.push(proxy)
  const id = 'aaaa0001-0000-4000-8000-000000000000'
  const { exit, stdout, stderr } = await cray(['jobs', 'wait', id], { HTTPS_PROXY: proxy.url, CRAY_IMS_JOBS_WAIT_INTERVAL: '1' })
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
  expect(stderr).toContain(
    `ims.invalid:443 through the proxy ${proxy.url} (HTTPS_PROXY): ${why}\nHTTPS_PROXY names the proxy; NO_PROXY names the hosts that are reached without it.\n`,
  )
  expect(proxy.asked).toEqual(['CONNECT ims.invalid:443'])
})
