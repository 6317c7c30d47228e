// Measures the single executable against its own runtime and kubectl, as whole processes in turn; nothing here passes
// or fails.
//
//   npm run package && npm run bench:executable [-- RUNS]
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { executableName, ownRuntime } from './executable/runtime.mjs'
import { fetchRuntime } from './runtimes.mjs'
import { limit } from './limit.mjs'

const runs = Number(process.argv[2] ?? 31)
const top = join(import.meta.dirname, '..')
const executable = join(top, 'package', executableName(process))
const folder = mkdtempSync(join(tmpdir(), 'cray-ims-bench-'))
// Nothing else of the caller's environment: NODE_EXTRA_CA_CERTS alone would cost every Node its time.
const env = { PATH: process.env.PATH, HOME: folder }

/** @param {number[]} figures */
const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]

/** @typedef {NodeJS.ProcessEnv} Env */

/**
 * @param {string[]} line
 * @param {Env} env
 */
function time([command, ...argv], env) {
  const start = process.hrtime.bigint()
  const { status, stderr, error } = spawnSync(command, argv, { ...limit, env, stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`${command} ${argv.join(' ')}: ${error ?? stderr}`)
  return Number(process.hrtime.bigint() - start) / 1e6
}

/**
 * Milliseconds of each command line, run in turn so that a machine that slows down slows all.
 *
 * @param {string[][]} lines
 * @param {Env} env
 */
function compare(lines, env) {
  const times = lines.map(() => /** @type {number[]} */ ([]))
  for (let round = -2; round < runs; round++) {
    lines.forEach((argv, at) => {
      const taken = time(argv, env)
      if (round >= 0) times[at].push(taken)
    })
  }
  return times.map(median)
}

/** @param {(env: Env) => void | Promise<void>} measure */
async function withMock(measure) {
  const seed = join(folder, 'seed.json')
  const image = {
    id: 'd88521c3-b339-43bc-afda-000000000001',
    created: '2026-01-02T03:04:11.678901',
    name: 'compute',
    arch: 'x86_64',
    link: null,
    metadata: {},
  }
  writeFileSync(seed, JSON.stringify({ images: [image] }))
  const mock = spawn(executable, ['mock', '--tls', '--seed', seed], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((done) => mock.once('exit', done))
  try {
    const ready = await new Promise((done, fail) => {
      mock.once('exit', () => fail(new Error('the mock ended')))
      mock.stdout.once('data', (line) => done(JSON.parse(line)))
    })
    return await measure({ ...env, CRAY_CONFIG_DIR: ready.configDir, KUBECONFIG: ready.kubeconfig })
  } finally {
    mock.removeAllListeners('exit')
    mock.kill()
    await ended
  }
}

/**
 * @param {string} what
 * @param {string} figure
 * @param {string} against
 */
const line = (what, figure, against) => console.log(`${what.padEnd(44)} ${figure.padStart(9)}   ${against}`)
/** @param {number} figure */
const times = (figure) => `${figure.toFixed(2)} ×`

try {
  const own = ownRuntime()
  const bun = fetchRuntime('bun', own, folder)
  const [processor] = cpus()
  console.log(
    `${processor.model.trim()} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Bun ${own.version}; medians of ${runs}`,
  )
  const kubectl = spawnSync('kubectl', ['version', '--client'], { env }).status === 0
  await withMock((site) => {
    const list = [executable, 'images', 'list']
    const [nothing, help, one, get] = compare(
      [[bun, '-e', '0'], [executable, '--help'], list, ...(kubectl ? [['kubectl', 'get', '--raw', '/']] : [])],
      site,
    )
    line('--help', times(help / nothing), `bun -e 0, which takes ${nothing.toFixed(0)} ms`)
    line('images list, 1 record over TLS', times(one / nothing), 'bun -e 0')
    if (kubectl) line('', times(one / get), 'kubectl get --raw /, from the same mock')
  })
  line('executable', `${(statSync(executable).size / 2 ** 20).toFixed(0)} MiB`, 'of which Bun is all but 16')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
