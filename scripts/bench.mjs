// Measures whole processes of what was built, beside what they run on and beside other programs, and prints a page of
// figures, or writes it to docs/figures.md. Nothing here passes or fails. It takes about two
// minutes, and another to compress the executable where no RPM or deb has been made of it.
//
//   npm run package && npm run bench [-- --rounds N]     at most N rounds of each task
//   npm run package && npm run bench:figures             writes the page
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startMock } from './bench-mock.mjs'
import { executableName, ownRuntime } from './executable/runtime.mjs'
import { distortions, machine, watchConditions } from './figures/environment.mjs'
import { startMeasurer, takeTurns } from './figures/measure.mjs'
import { page } from './figures/page.mjs'
import { findTools, helpLines, listLines } from './figures/programs.mjs'
import { startSites } from './figures/sites.mjs'
import { sizesOf, staleBuild } from './figures/sizes.mjs'
import { fetchRuntime } from './runtimes.mjs'

const { values } = parseArgs({ options: { write: { type: 'boolean' }, rounds: { type: 'string' } } })
const top = join(import.meta.dirname, '..')
const target = join(top, 'docs/figures.md')
const folder = mkdtempSync(join(tmpdir(), 'cray-ims-bench-'))
// Nothing else of the caller's: NODE_EXTRA_CA_CERTS alone would cost every Node its time.
const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: folder }
/** What is listed, and in how many rounds. */
const lists = [
  { records: 1, rounds: 41, formats: [] },
  { records: 1000, rounds: 31, formats: [] },
  { records: 10_000, rounds: 15, formats: ['json', 'yaml'] },
  { records: 100_000, rounds: 9, formats: [] },
]

/** @param {string} text */
const tell = (text) => console.error(`${new Date().toTimeString().slice(0, 8)}  ${text}`)

function ownBun() {
  try {
    return fetchRuntime('bun', ownRuntime(), folder)
  } catch (error) {
    tell(String(error))
  }
}

/**
 * Requests a second that one mock answers to eight connections that stay open, by wrk: a client in JavaScript would measure
 * itself. Undefined where that isn't installed.
 */
async function throughput() {
  if (spawnSync('wrk', ['--version']).error) return undefined
  const seed = join(folder, 'seed.json')
  writeFileSync(seed, JSON.stringify({ images: [{ id: 'd88521c3-b339-43bc-afda-000000000001', name: 'compute', link: null }] }))
  const mock = await startMock(['--tls', '--seed', seed])
  try {
    const script = join(folder, 'wrk.lua')
    const token = readFileSync(mock.tokenFile, 'utf8').trim()
    writeFileSync(script, `wrk.headers["Authorization"] = "Bearer ${token}"\n`, { mode: 0o600 })
    const said = execFileSync('wrk', ['-t1', '-c8', '-d3', '-s', script, `${mock.url}/apis/ims/v3/images`], { encoding: 'utf8' })
    if (/Non-2xx/.test(said)) throw new Error(said)
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1])
  } finally {
    await mock.stop()
  }
}

/** @param {ReturnType<typeof findTools>['tools']} tools */
async function measureAll(tools) {
  const sites = await startSites(
    folder,
    env,
    lists.map(({ records }) => records),
  )
  const measurer = startMeasurer(folder, env)
  /** @param {string} name @param {import('./figures/measure.mjs').Line[]} lines @param {number} rounds */
  const task = async (name, lines, rounds) => {
    tell(name)
    return { name, samples: await takeTurns(measurer.measure, lines, Math.min(rounds, Number(values.rounds ?? rounds))) }
  }
  try {
    const tasks = [await task('`--help`', helpLines(tools, sites.sites[0], sites.caFile), 41)]
    for (const [at, { records, rounds, formats }] of lists.entries()) {
      const name = `${records.toLocaleString('en')} record${records === 1 ? '' : 's'}`
      tasks.push(await task(name, listLines(tools, sites.sites[at], sites.caFile, formats), rounds))
    }
    return { tasks, recordBytes: sites.recordBytes }
  } finally {
    await measurer.stop()
    await sites.stop()
  }
}

try {
  const stale = staleBuild(top)
  if (stale) throw new Error(`${stale}: what was built is older; npm run package first`)
  if (spawnSync('python3', ['--version']).error) throw new Error('python3, which measures, is not installed')
  const bun = ownBun()
  const executable = join(top, 'package', executableName(process))
  const { tools, absent } = findTools({ program: join(top, 'bin/cray-ims.js'), executable, bun, env })

  const conditions = watchConditions()
  // Long enough to see what others do.
  await sleep(1000)
  for (const distortion of distortions(conditions())) tell(`these figures will be distorted: ${distortion}`)
  const measured = await measureAll(tools)
  const meanwhile = conditions()
  tell('requests a second')
  const requests = await throughput()
  tell('sizes')
  const text = page({
    date: new Date().toISOString().slice(0, 10),
    version: JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')).version,
    machine: machine(),
    versions: [...tools].flatMap(([name, { version }]) => (version && name !== 'node' ? [`${name} ${version}`] : [])),
    conditions: meanwhile,
    ...measured,
    sizes: sizesOf(top, { executable, bun }),
    throughput: requests,
    absent,
  })
  if (values.write) writeFileSync(target, text)
  console.log(text)
} catch (error) {
  console.error(`npm run bench: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
