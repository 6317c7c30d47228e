import { execFileSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { Server, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'

// Runs many command lines in one process, through the built program's own entry, against a service that counts requests,
// and prints what came of each; or has them use its own terminal, and notes in a file what came of each. Bundled by the tests.

type Main = (of: NodeJS.Process, env: NodeJS.ProcessEnv, file: string) => Promise<number>

const [folder, root, input, notes] = process.argv.slice(2) as [string, string, string?, string?]
const { main } = createRequire(import.meta.url)(join(root, 'dist/main.js')) as { main: Main }

/** What listened since the last look: a mock that is refused must not. */
let listens = 0
const { listen } = Server.prototype
Server.prototype.listen = function (...given: unknown[]) {
  listens++
  return Reflect.apply(listen, this, given)
}

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
    listens = 0
    const outcome = await runLine(argv, hostname)
    await say({ argv, ...outcome, requests: requests.slice(before), listens, ...(notes && { terminal: terminalNow() }) })
  }
}

/** Runs one line in a configuration of its own. */
async function runLine(argv: readonly string[], hostname: string): Promise<object> {
  const configurations = join(folder, 'config/.config/cray/configurations')
  rmSync(join(folder, 'config'), { recursive: true, force: true })
  mkdirSync(configurations, { recursive: true })
  writeFileSync(join(configurations, 'default'), `[core]\nhostname = "${hostname}"\n`)
  const env = { HOME: folder, PATH: join(folder, 'nothing'), CRAY_CONFIG_DIR: join(folder, 'config') }
  const { of, texts, undo } = notes === undefined ? processOf(argv, env) : terminalProcess(argv, env)
  // What waits is ended as by Ctrl-C, and then again.
  const timers = [400, 1500].map((after) => setTimeout(() => of.emit('SIGINT', 'SIGINT'), after))
  const hang = new Promise<string>((done) => timers.push(setTimeout(() => done('hangs'), 20_000)))
  const exit = await Promise.race([main(of, env, join(root, 'bin/cray-ims.js')), hang])
  timers.forEach(clearTimeout)
  undo()
  return { exit, ...texts }
}

interface Made {
  of: NodeJS.Process
  texts: { stdout: string; stderr: string }
  undo(): void
}

/** What a process is to the program, without being one. */
function processOf(argv: readonly string[], env: NodeJS.ProcessEnv): Made {
  const texts = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof texts) =>
    new Writable({
      write(chunk: Buffer, _, done) {
        texts[name] += chunk.toString()
        done()
      },
    })
  const streams = { stdin: new PassThrough().end(), stdout: stream('stdout'), stderr: stream('stderr') }
  return { of: processWith(argv, env, streams), texts, undo() {} }
}

function processWith(argv: readonly string[], env: NodeJS.ProcessEnv, streams: object): NodeJS.Process {
  const own = { argv: [process.execPath, '/usr/bin/cray-ims', ...argv], env, pid: process.pid, cwd: () => folder, exit() {} }
  return Object.assign(new EventEmitter(), own, streams) as unknown as NodeJS.Process
}

let interrupt = () => {}
if (notes !== undefined) process.on('SIGINT', () => interrupt())

/** One that has our own terminal, and gets the signals that its keys send. */
function terminalProcess(argv: readonly string[], env: NodeJS.ProcessEnv): Made {
  const { stdin, stdout, stderr } = process
  const of = processWith(argv, { ...env, TERM: 'xterm' }, { stdin, stdout, stderr })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    // Every line listens to it anew.
    const stream = process[name].setMaxListeners(0)
    stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      texts[name] += String(chunk)
      return Reflect.apply(Object.getPrototypeOf(stream).write, stream, [chunk, ...rest]) as boolean
    }
  }
  interrupt = () => void of.emit('SIGINT', 'SIGINT')
  return { of, texts, undo: () => void (interrupt = () => {}) }
}

const terminalNow = () => execFileSync('/usr/bin/stty', ['-g'], { stdio: ['inherit', 'pipe', 'inherit'], encoding: 'utf8' })

async function say(what: object): Promise<void> {
  const line = `${JSON.stringify(what)}\n`
  if (notes !== undefined) return appendFileSync(notes, line)
  await new Promise<void>((done) => process.stdout.write(line, () => done()))
}

process.on('unhandledRejection', (error) => void say({ exit: `throws ${(error as Error)?.stack ?? String(error)}` }))
void runAll(JSON.parse(readFileSync(input ?? 0, 'utf8'))).then(() => process.exit(0))
