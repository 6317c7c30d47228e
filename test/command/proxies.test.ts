import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCa, makeServerCertificate, type Pair } from '../support/certificates.ts'
import { closedPort, serveHttp, type Loopback } from '../support/loopback.ts'
import { program, run } from '../support/program.ts'
import { serveProxy, serveSocks } from '../support/proxy.ts'
import { temporaryFolder } from '../support/sshd.ts'

let home: ReturnType<typeof temporaryFolder>
let ca: Pair
const open: Loopback[] = []
const kept = async <T extends Loopback>(starting: Promise<T>) => {
  const server = await starting
  open.push(server)
  return server
}
beforeEach(async () => {
  home = temporaryFolder()
  ca = await makeCa('Platform CA')
  writeFileSync(join(home.path, 'ca.pem'), ca.cert)
  const server = await kept(
    serveHttp(
      (_request, response) => void response.writeHead(200, { 'Content-Type': 'application/json' }).end('[]'),
      await makeServerCertificate({ ca }),
    ),
  )
  mkdirSync(join(home.path, '.config/cray/configurations'), { recursive: true })
  writeFileSync(join(home.path, '.config/cray/configurations/default'), `[core]\nhostname = "${server.url}"\nca_file = "ca.pem"\n`)
})
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
  home.remove()
})

const env = (proxy: string) => ({
  PATH: process.env.PATH!,
  HOME: home.path,
  CRAY_IMS_CA_FILE: join(home.path, 'ca.pem'),
  HTTPS_PROXY: proxy,
})
const list = (proxy: string) => run(['images', 'list', '--retries', '0'], { cwd: home.path, env: env(proxy) })

test.each([
  ['HTTP', () => serveProxy()],
  ['HTTPS', async () => serveProxy({ pair: await makeServerCertificate({ ca }) })],
  ['SOCKS', () => serveSocks()],
])('a proxy of %s works, and Node says nothing of it', async (_what, start) => {
  const proxy = await kept<Loopback & { asked: string[] }>(start())
  expect(await list(proxy.url)).toEqual({ exit: 0, stdout: 'results = []\n\n', stderr: '' })
  expect(proxy.asked).toEqual([expect.stringContaining(`127.0.0.1:${open[0]!.port}`)])
})

test.each(['http', 'https', 'socks5'])('a proxy of %s that is not there is named, and Node says nothing of it', async (scheme) => {
  const proxy = `${scheme}://127.0.0.1:${await closedPort()}`
  const { exit, stderr } = await list(proxy)
  expect({ exit, stderr }).toEqual({
    exit: 2,
    stderr: expect.stringMatching(/^Error: Unable to connect to cray\. .*:\n\n\t.*\n\t.*\n\n.*\n$/),
  })
  expect(stderr).toContain(`127.0.0.1:${open[0]!.port} through the proxy ${proxy} (HTTPS_PROXY): connection refused`)
})

test('a proxy of another kind is refused in words', async () => {
  expect(await list('socks4://127.0.0.1:1')).toMatchObject({
    exit: 2,
    stderr: expect.stringMatching(/\nHTTPS_PROXY: a proxy of socks4:\/\/ is not supported; http, https and socks5 are\.\n$/),
  })
})

test('Ctrl-C ends the wait for a SOCKS proxy that says nothing', async () => {
  const proxy = await kept(serveSocks({ silent: true }))
  const child = spawn(process.execPath, [program, 'images', 'list', '--connect-timeout', '1h'], {
    cwd: home.path,
    env: env(proxy.url),
    stdio: 'ignore',
  })
  while (proxy.connections() === 0) await new Promise((again) => setTimeout(again, 20))
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([1, null])
})
