// Measures whole processes of the built program and prints ratios; nothing here passes or fails.
//
//   npm run bench [-- RUNS]
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { startMock } from './bench-mock.mjs'
import { limit } from './limit.mjs'

/** @typedef {import('./bench-mock.mjs').Ready} Ready */
/** @typedef {NodeJS.ProcessEnv} Env */

const runs = Number(process.argv[2] ?? 15)
const program = join(import.meta.dirname, '../bin/cray-ims.js')
const folder = mkdtempSync(join(tmpdir(), 'cray-ims-bench-'))
const [processor] = cpus()
console.log(
  `${processor.model.trim()} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}; medians of ${runs}`,
)

/**
 * Median of the figures.
 *
 * @param {number[]} figures
 */
const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]

/**
 * Milliseconds of a whole process.
 *
 * @param {string[]} line
 * @param {Env} env
 */
function time([command, ...argv], env) {
  const start = process.hrtime.bigint()
  const { status, stderr, error } = spawnSync(command, argv, {
    ...limit,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(`${command} ${argv.join(' ')}: ${error ?? stderr}`)
  return Number(process.hrtime.bigint() - start) / 1e6
}

/**
 * Milliseconds of each command line, run in turn so that a machine that slows down slows all.
 *
 * @param {Record<string, string[]>} lines
 * @param {Env} env
 */
function compare(lines, env) {
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(lines).map((name) => [name, []]))
  for (let round = -1; round < runs; round++) {
    for (const [name, argv] of Object.entries(lines)) {
      const taken = time(argv, env)
      if (round >= 0) times[name].push(taken)
    }
  }
  return times
}

/**
 * How many times longer one takes than another: the median of the pairs, which a machine that changes its pace leaves alone.
 *
 * @param {number[]} one
 * @param {number[]} other
 */
const ratio = (one, other) => median(one.map((taken, at) => taken / other[at]))

/** @param {string} name */
const isInstalled = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0

/**
 * Peak resident memory of a command line of ours, in MiB.
 *
 * @param {string[]} argv
 * @param {Env} env
 */
function peak(argv, env) {
  const probe = join(folder, 'probe.cjs')
  const figure = join(folder, 'peak')
  writeFileSync(
    probe,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(figure)}, String(process.resourceUsage().maxRSS)))`,
  )
  time([process.execPath, '--require', probe, ...argv], env)
  return Number(readFileSync(figure, 'utf8')) / 1024
}

/** @param {number} number */
function image(number) {
  const id = `d88521c3-b339-43bc-afda-${String(number).padStart(12, '0')}`
  return {
    id,
    created: '2026-01-02T03:04:11.678901',
    name: `compute-${number}-sles15sp5.x86_64-26.${number % 12}`,
    arch: 'x86_64',
    link: { path: `s3://boot-images/${id}/manifest.json`, etag: 'f04af5f34635ae7c507322985e60c00c', type: 's3' },
    metadata: Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [`note-${at}`, `value ${at} of image ${number}, which says where it came from`]),
    ),
  }
}

/**
 * @template T
 * @param {number} records
 * @param {(ready: Ready, env: Env) => T | Promise<T>} measure
 */
async function withMock(records, measure) {
  const seed = join(folder, `seed-${records}.json`)
  writeFileSync(seed, JSON.stringify({ images: Array.from({ length: records }, (_, at) => image(at)) }))
  const mock = await startMock(['--tls', '--seed', seed])
  try {
    return await measure(mock, { PATH: process.env.PATH, HOME: folder, CRAY_CONFIG_DIR: mock.configDir })
  } finally {
    await mock.stop()
  }
}

/**
 * Requests a second that one mock answers to eight connections that stay open, by wrk: a client in JavaScript would measure
 * itself. Undefined where that isn't installed.
 *
 * @param {Ready} ready
 */
function throughput({ url, tokenFile }) {
  if (!isInstalled('wrk')) return undefined
  const script = join(folder, 'wrk.lua')
  writeFileSync(script, `wrk.headers["Authorization"] = "Bearer ${readFileSync(tokenFile, 'utf8').trim()}"\n`, { mode: 0o600 })
  const said = execFileSync('wrk', ['-t1', '-c8', '-d3', '-s', script, `${url}/apis/ims/v3/images`], { encoding: 'utf8' })
  if (/Non-2xx/.test(said)) throw new Error(said)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1])
}

/**
 * @param {string} what
 * @param {string} figure
 * @param {string} aim
 */
const line = (what, figure, aim) => console.log(`${what.padEnd(58)} ${figure.padStart(9)}   ${aim}`)
/** @param {number} figure */
const times = (figure) => `${figure.toFixed(2)} ×`

try {
  const formats = ['toml', 'json', 'yaml']
  /** @type {Record<string, string[]>} */
  const lists = Object.fromEntries(formats.map((format) => [format, [program, 'images', 'list', '--format', format]]))
  const bare = `require('node:https').get(process.env.URL, { agent: false, ca: require('node:fs').readFileSync(process.env.CA), auth: 'mock:' + require('node:fs').readFileSync(process.env.TOKEN, 'utf8').trim() }, (response) => response.resume())`
  const path = '/apis/ims/v3/images'
  const one = await withMock(1, ({ url, caFile, tokenFile, curlConfig, kubeconfig }, env) =>
    compare(
      {
        nothing: [process.execPath, '-e', '0'],
        bare: [process.execPath, '--use-openssl-ca', '-e', bare],
        help: [program, '--help'],
        leaf: [program, 'jobs', 'create', '--help'],
        ...lists,
        ...(isInstalled('kubectl') && {
          kubectl: ['kubectl', '--kubeconfig', kubeconfig, 'get', '--raw', path],
          kubectlHelp: ['kubectl', '--help'],
        }),
        ...(isInstalled('curl') && { curl: ['curl', '-sSf', '--config', curlConfig, url + path] }),
      },
      { ...env, URL: url + path, CA: caFile, TOKEN: tokenFile },
    ),
  )
  for (const [name, all] of Object.entries({ 'node -e 0': one.nothing, 'images list, 1 record over TLS': one.toml }))
    line(name, `${median(all).toFixed(0)} ms`, '')
  line('--help', times(ratio(one.help, one.nothing)), 'node -e 0; at most 1.3')
  line('jobs create --help', times(ratio(one.leaf, one.nothing)), 'node -e 0; at most 1.3')
  line('images list, 1 record over TLS', times(ratio(one.toml, one.nothing)), 'node -e 0; at most 1.75')
  line('  the same by a bare https.get', times(ratio(one.bare, one.nothing)), 'node -e 0; what Node alone takes')
  if (one.kubectl) {
    line('  beside kubectl get --raw', times(ratio(one.toml, one.kubectl)), 'at most 1.05')
    line('--help beside that of kubectl', times(ratio(one.help, one.kubectlHelp)), '')
  }
  if (one.curl) line('  beside curl', times(ratio(one.toml, one.curl)), '')
  const some = await withMock(5000, (_, env) => compare(lists, env))
  const [many, memory] = await withMock(
    10_000,
    (_, env) =>
      /** @type {const} */ ([compare(lists, env), formats.map((format) => /** @type {const} */ ([format, peak(lists[format], env)]))]),
  )
  for (const format of formats)
    line(
      `images list, 10,000 records, ${format}`,
      times(median(many[format]) / median(one[format])),
      format === 'yaml' ? '1 record' : '1 record; at most 3',
    )
  line('  yaml', times(ratio(many.yaml, many.json)), 'json; at most 2')
  for (const format of formats)
    line(
      `  10,000 records less start, ${format}`,
      times((median(many[format]) - median(one[format])) / (median(some[format]) - median(one[format]))),
      '5,000 records; 2 is linear',
    )
  for (const [format, mebibytes] of memory) line(`  peak memory, ${format}`, `${mebibytes.toFixed(0)} MiB`, 'less than 156')
  const answered = await withMock(1, throughput)
  if (answered !== undefined) line('requests a second of one mock, over TLS', answered.toFixed(0), 'eight connections of wrk')
  line(
    'program',
    `${(Number.parseInt(execFileSync('du', ['-sk', join(import.meta.dirname, '../dist')]).toString()) / 1024).toFixed(1)} MiB`,
    'dist, with types',
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
