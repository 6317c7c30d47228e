// Measures what it takes to make an image: what is typed, and what time the client adds. Nothing here passes or fails.
//
//   npm run bench:builds [-- RUNS]
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMock } from './bench-mock.mjs'
import { machine } from './figures/environment.mjs'
import { median } from './figures/statistics.mjs'
import { limit } from './limit.mjs'

/** @typedef {import('./bench-mock.mjs').Ready} Ready */
/** @typedef {NodeJS.ProcessEnv} Env */

const runs = Number(process.argv[2] ?? 9)
const program = join(import.meta.dirname, '../bin/cray-ims.js')
const folder = mkdtempSync(join(tmpdir(), 'cray-ims-bench-'))

// Source: HPE's manual "Image Management", the procedures "Build an Image Using IMS REST Service" and "Customize an Image
// Root Using IMS": their shell blocks, and the values that are copied by hand from the output of one into another.
const manual = {
  'an image from a recipe': { commands: 26, values: 9, ours: 'cray-ims build RECIPE --name IMAGE' },
  'an image customised': { commands: 21, values: 8, ours: 'cray-ims customize IMAGE --name NEW --script FILE' },
}

// What a careful person writes instead of copying by hand. Each line is a process; the looks have no pause between them.
const singleCommands = `set -eu
field() { sed -n "s/^ *\\"$1\\": \\"\\(.*\\)\\",\\{0,1\\}$/\\1/p" | head -n 1; }
export CRAY_FORMAT=json
own=$(cut -d ' ' -f 2 ~/.ssh/id_ed25519.pub)
key=$(cray-ims public-keys list --query "[?contains(public_key, '$own')].id | [0]" | tr -d '"')
if [ "$key" = null ]; then key=$(cray-ims public-keys create --name 'bench public key' --public-key ~/.ssh/id_ed25519.pub | field id); fi
recipe=$(cray-ims recipes list --query "[?name=='$1'].id | [0]" | tr -d '"')
job=$(cray-ims jobs create --job-type create --artifact-id "$recipe" --public-key-id "$key" --image-root-archive-name "$2" --enable-debug False | field id)
while :; do
  record=$(cray-ims jobs describe "$job")
  case $(printf '%s\\n' "$record" | field status) in success | error) break ;; esac
done
image=$(printf '%s\\n' "$record" | field resultant_image_id)
cray-ims images describe "$image" | grep -q '"link": {'
cray-ims jobs delete "$job"
echo "$image"
`

/**
 * @param {string} what
 * @param {string} figure
 */
const line = (what, figure, note = '') => console.log(`${what.padEnd(52)} ${figure.padStart(10)}   ${note}`.trimEnd())
/** @param {number} figure */
const milliseconds = (figure) => `${figure.toFixed(0)} ms`

/**
 * Milliseconds of a process, and what it prints.
 *
 * @param {string[]} line
 * @param {Env} env
 */
function time([command, ...argv], env) {
  const start = process.hrtime.bigint()
  const { status, stdout, stderr, error } = spawnSync(command, argv, { ...limit, env, encoding: 'utf8' })
  const taken = Number(process.hrtime.bigint() - start) / 1e6
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${error ?? stderr}`)
  return { taken, stdout: stdout.trim() }
}

/**
 * Passes requests on to a mock, counts them, and sums up the time that the mock itself takes for them.
 *
 * @param {string} target
 */
async function startCounter(target) {
  const counted = { requests: 0, waited: 0 }
  const agent = new http.Agent({ keepAlive: true })
  const server = http.createServer((from, to) => {
    const start = process.hrtime.bigint()
    const { pathname, search } = new URL(from.url ?? '/', target)
    const { host, ...headers } = from.headers
    const onward = http.request(target + pathname + search, { method: from.method, headers, agent }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(to).on('finish', () => {
        counted.requests++
        counted.waited += Number(process.hrtime.bigint() - start) / 1e6
      })
    })
    from.pipe(onward)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return { url: `http://127.0.0.1:${port}`, counted, stop: () => (server.closeAllConnections(), server.close(), agent.destroy()) }
}

/**
 * As time, while the counter can answer.
 *
 * @param {string[]} line
 * @param {Env} env
 * @returns {Promise<void>}
 */
function timeBeside([command, ...argv], env) {
  return new Promise((done, fail) => {
    const child = spawn(command, argv, { ...limit, env, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (text) => (said += text))
    child.on('close', (code, signal) => (code === 0 ? done() : fail(new Error(signal ?? said))))
  })
}

const recipe = 'cray-shasta-csm-sles15sp6-barebones.x86_64-26.3.0'
let images = 0
/**
 * The two ways, and what they need besides the name of the image.
 *
 * @type {Record<'build' | 'single', (name: string) => string[]>}
 */
const ways = {
  build: (name) => [process.execPath, program, 'build', recipe, '--name', name, '--interval', '0', '--quiet'],
  single: (name) => ['/bin/sh', join(folder, 'single.sh'), recipe, name],
}

/**
 * A home with a key, and `cray-ims` on PATH: what `env -i PATH HOME` leaves, and where the mock is.
 *
 * @param {Env} extra
 */
function environment(extra) {
  const bin = join(folder, 'bin')
  return { PATH: `${bin}:${process.env.PATH}`, HOME: folder, ...extra }
}

async function measure() {
  const mock = await startMock(['--tls', '--speed', 'step'])
  const env = environment({ CRAY_CONFIG_DIR: mock.configDir })
  try {
    /** @type {Record<string, number[]>} */
    const times = { build: [], single: [], nothing: [] }
    for (let round = -1; round < runs; round++) {
      for (const [name, way] of Object.entries(ways)) {
        const { taken, stdout } = time(way(`image-${++images}`), env)
        if (!/^[0-9a-f-]{36}$/.test(stdout)) throw new Error(`${name} printed ${stdout}`)
        if (round >= 0) times[name].push(taken)
      }
      const { taken } = time([process.execPath, '-e', '0'], env)
      if (round >= 0) times.nothing.push(taken)
    }
    return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]))
  } finally {
    await mock.stop()
  }
}

async function count() {
  const mock = await startMock(['--speed', 'step'])
  try {
    /** @type {Record<string, { requests: number, waited: number }>} */
    const found = {}
    // The first round uploads the key, which later ones find.
    for (const [name, way] of [...Object.entries(ways).slice(0, 1), ...Object.entries(ways)]) {
      const counter = await startCounter(mock.url)
      const settings = join(folder, '.config/cray/configurations')
      mkdirSync(settings, { recursive: true })
      const token = readFileSync(mock.tokenFile, 'utf8').trim()
      writeFileSync(join(settings, 'default'), `[core]\nhostname = "${counter.url.replace('//', `//mock:${token}@`)}"\n`, { mode: 0o600 })
      await timeBeside(way(`image-${++images}`), environment({}))
      found[name] = counter.counted
      counter.stop()
    }
    return found
  } finally {
    await mock.stop()
  }
}

try {
  console.log(`${machine()}; medians of ${runs}\n`)
  for (const [what, { commands, values, ours }] of Object.entries(manual)) {
    line(`${what}: commands typed, values pasted`, `${commands}, ${values}`, 'by the manual')
    line('', '1, 0', ours)
  }
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 })
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', join(folder, '.ssh/id_ed25519')])
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/cray-ims'), `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`)
  chmodSync(join(folder, 'bin/cray-ims'), 0o755)
  writeFileSync(join(folder, 'single.sh'), singleCommands)

  const [taken, counted] = [await measure(), await count()]
  console.log('\nA build on the mock over TLS, each look moving its job on (--speed step): all of it is the client and the mock')
  line(
    'cray-ims build',
    milliseconds(taken.build),
    `${(taken.build / taken.nothing).toFixed(1)} × node -e 0 (${milliseconds(taken.nothing)})`,
  )
  line('a shell script of single commands', milliseconds(taken.single), `${(taken.single / taken.build).toFixed(1)} × build`)
  for (const [name, { requests, waited }] of Object.entries(counted)) {
    const what = name === 'build' ? 'cray-ims build' : 'single commands'
    line(`${what}: requests; time of the mock`, `${requests}; ${milliseconds(waited)}`, 'over HTTP, one run')
    line(`${what}: without the mock's time`, milliseconds(taken[name] - waited), 'about what the client adds')
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
