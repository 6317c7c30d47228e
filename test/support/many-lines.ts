import { EventEmitter } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'

// Runs many command lines in one process, through the built program's own entry, against a service that counts requests,
// and prints what came of each. Bundled by the tests.

type Main = (of: NodeJS.Process, env: NodeJS.ProcessEnv, file: string) => Promise<number>

const [folder, root] = process.argv.slice(2) as [string, string]
const { main } = createRequire(import.meta.url)(join(root, 'dist/main.js')) as { main: Main }

async function runAll(lines: readonly (readonly string[])[]): Promise<void> {
  const requests: string[] = []
  const server = createServer(({ method, url = '' }, response) => {
    requests.push(`${method} ${url}`)
    const isList = method === 'GET' && /\/(?:images|recipes|jobs|public-keys|remote-build-nodes)$/.test(url)
    response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' })
    response.end(isList ? '[]' : '{"title":"Not Found","detail":"there is none","status":404}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const hostname = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const argv of lines) {
    const before = requests.length
    const outcome = await runLine(argv, hostname)
    await say({ argv, ...outcome, requests: requests.slice(before) })
  }
}

/** Runs one line in a configuration of its own. */
async function runLine(argv: readonly string[], hostname: string): Promise<object> {
  const configurations = join(folder, 'config/.config/cray/configurations')
  rmSync(join(folder, 'config'), { recursive: true, force: true })
  mkdirSync(configurations, { recursive: true })
  writeFileSync(join(configurations, 'default'), `[core]\nhostname = "${hostname}"\n`)
  const env = { HOME: folder, PATH: join(folder, 'nothing'), CRAY_CONFIG_DIR: join(folder, 'config') }
  const { of, texts } = processOf(argv, env)
  // What waits is ended as by Ctrl-C, and then again.
  const timers = [400, 1500].map((after) => setTimeout(() => of.emit('SIGINT', 'SIGINT'), after))
  const hang = new Promise<string>((done) => timers.push(setTimeout(() => done('hangs'), 20_000)))
  const exit = await Promise.race([main(of, env, join(root, 'bin/cray-ims.js')), hang])
  timers.forEach(clearTimeout)
  return { exit, ...texts }
}

/** What a process is to the program, without being one. */
function processOf(argv: readonly string[], env: NodeJS.ProcessEnv): { of: NodeJS.Process; texts: { stdout: string; stderr: string } } {
  const texts = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof texts) =>
    new Writable({
      write(chunk: Buffer, _, done) {
        texts[name] += chunk.toString()
        done()
      },
    })
  const streams = { stdin: new PassThrough().end(), stdout: stream('stdout'), stderr: stream('stderr') }
  const own = { argv: [process.execPath, '/usr/bin/cray-ims', ...argv], env, pid: process.pid, cwd: () => folder, exit() {} }
  return { of: Object.assign(new EventEmitter(), own, streams) as unknown as NodeJS.Process, texts }
}

const say = (what: object) => new Promise<void>((done) => process.stdout.write(`${JSON.stringify(what)}\n`, () => done()))

process.on('unhandledRejection', (error) => void say({ exit: `throws ${(error as Error)?.stack ?? String(error)}` }))
void runAll(JSON.parse(readFileSync(0, 'utf8'))).then(() => process.exit(0))
