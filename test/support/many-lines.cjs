// Runs many command lines in one process, through the built program's own entry, against a service that counts requests.
// Prints what came of each: a line of JSON.
const { EventEmitter } = require('node:events')
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { createServer } = require('node:http')
const { join } = require('node:path')
const { PassThrough, Writable } = require('node:stream')
const { main } = require('../../dist/main.js')

const home = process.argv[2]
let requests = []
const server = createServer((request, response) => {
  requests.push(`${request.method} ${request.url}`)
  const isList = request.method === 'GET' && /\/(?:images|recipes|jobs|public-keys|remote-build-nodes)$/.test(request.url)
  response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' })
  response.end(isList ? '[]' : '{"title":"Not Found","detail":"there is none","status":404}')
})

/** What a process is to the program, without its being one. */
function processOf(argv, env) {
  const texts = { stdout: '', stderr: '' }
  const stream = (name) =>
    new Writable({
      write(chunk, _, done) {
        texts[name] += chunk
        done()
      },
    })
  const own = { argv: [process.argv[0], '/usr/bin/cray-ims', ...argv], env, stdin: new PassThrough().end(), exit() {} }
  const of = Object.assign(new EventEmitter(), own, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    cwd: () => home,
    pid: process.pid,
  })
  return { of, texts }
}

async function runLine(argv) {
  rmSync(join(home, 'config'), { recursive: true, force: true })
  mkdirSync(join(home, 'config/.config/cray/configurations'), { recursive: true })
  const hostname = `http://127.0.0.1:${server.address().port}`
  writeFileSync(join(home, 'config/.config/cray/active_config'), 'default')
  writeFileSync(join(home, 'config/.config/cray/configurations/default'), `[core]\nhostname = "${hostname}"\n`)
  const env = { HOME: home, PATH: join(home, 'nothing'), CRAY_CONFIG_DIR: join(home, 'config') }
  const { of, texts } = processOf(argv, env)
  requests = []
  // What waits is ended as by Ctrl-C, and then again.
  const signals = [400, 1500].map((after) => setTimeout(() => of.emit('SIGINT'), after))
  let late
  const hang = new Promise((done) => (late = setTimeout(() => done('hangs'), 20_000)))
  const exit = await Promise.race([main(of, env, join(__dirname, '../../bin/cray-ims.js')), hang])
  for (const timer of [...signals, late]) clearTimeout(timer)
  return { argv, exit, ...texts, requests }
}

const say = (what) => new Promise((done) => process.stdout.write(`${JSON.stringify(what)}\n`, done))
process.on('unhandledRejection', (error) => void say({ thrown: String(error?.stack ?? error) }))
server.listen(0, '127.0.0.1', async () => {
  for (const argv of JSON.parse(readFileSync(0, 'utf8'))) await say(await runLine(argv))
  process.exit(0)
})
