import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { copyCheckout } from './copy-checkout.mjs'
import { fetchRuntime } from './runtimes.mjs'

/** @import { Runtime } from './runtimes.mjs' */

/**
 * What came of the tests with one version of Node.
 *
 * @typedef {{ version: string, passed: number, failed: number, skipped: number, seconds: number }} TestRun
 */

const top = join(import.meta.dirname, '..')

/**
 * Runs the tests with the Node that runs us.
 *
 * @param {readonly string[]} args vitest's.
 * @returns {TestRun}
 */
export const runTests = (args) => vitest(process.versions.node, top, process.env, args)

/**
 * Runs the tests with another Node, in a copy of the checkout that it builds: the checkout keeps what is compiled for its own.
 *
 * @param {Runtime} runtime
 * @param {readonly string[]} args vitest's.
 * @returns {TestRun}
 * @throws Error where it can't be fetched, can't build, or is interrupted.
 */
export function runTestsWith(runtime, args) {
  const work = mkdtempSync(join(tmpdir(), 'cray-ims-tests-'))
  // Some tests run the program as another user.
  chmodSync(work, 0o755)
  // What runs gets it, too, and ends; then the copy goes.
  process.on('SIGINT', wait)
  try {
    const env = { ...process.env, PATH: dirname(fetchRuntime('node', runtime, work)) + delimiter + process.env.PATH }
    const checkout = join(work, 'checkout')
    copyCheckout(checkout)
    execFileSync('npm', ['run', 'build'], { cwd: checkout, env, stdio: 'inherit' })
    return vitest(runtime.version, checkout, env, args)
  } finally {
    process.off('SIGINT', wait)
    rmSync(work, { recursive: true, force: true })
  }
}

const wait = () => {}

/** Of a run that did not come to its end. */
export const nothing = { passed: 0, failed: 1, skipped: 0, seconds: 0 }

/**
 * @param {string} version
 * @param {string} checkout
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} args
 * @returns {TestRun}
 */
function vitest(version, checkout, env, args) {
  const folder = mkdtempSync(join(tmpdir(), 'cray-ims-counts-'))
  const file = join(folder, 'counts.json')
  try {
    const { status } = spawnSync('node', ['node_modules/vitest/vitest.mjs', 'run', ...args], {
      cwd: checkout,
      env: { ...env, TEST_COUNTS: file },
      stdio: 'inherit',
    })
    if (status === null || status === 130) throw new Error('the tests were interrupted')
    /** @type {Omit<TestRun, 'version'>} */
    const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : nothing
    // An error outside of all tests fails none of them.
    return { version, ...counts, failed: status === 0 ? counts.failed : Math.max(counts.failed, 1) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Ends with a line for each version, and one with the sums, as one run of vitest has it.
 *
 * @param {readonly TestRun[]} runs
 */
export function report(runs) {
  for (const { version, passed, failed, skipped, seconds } of runs) {
    const outcome = failed > 0 ? `${failed} of ${passed + failed} tests failed` : `${passed} tests passed`
    console.log(`Node ${version}: ${outcome}${skipped > 0 ? `, ${skipped} skipped` : ''}, in ${Math.round(seconds)} s`)
  }
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ of) => runs.reduce((total, run) => total + run[of], 0)
  const skipped = sum('skipped')
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  if (sum('failed') > 0) process.exitCode = 1
}
