// Runs the tests with each version of Node that is supported, or with those that are named.
//
//   npm run test:node [-- VERSION… ARGUMENTS OF VITEST…]
//   npm run test:node -- 22 26 test/unit
import { report, runTestsWith } from './test-runs.mjs'
import { forThisMachine, runtimes } from './runtimes.mjs'

const words = process.argv.slice(2)
const end = words.findIndex((word) => !/^\d+(\.\d+)*$/.test(word))
const named = end < 0 ? words : words.slice(0, end)
const args = words.slice(named.length)

const known = forThisMachine(runtimes.node)

/** @param {string} version */
function matching(version) {
  const found = known.filter((runtime) => `${runtime.version}.`.startsWith(`${version}.`))
  if (found.length === 0) throw new Error(`there is no Node ${version}, only ${known.map((runtime) => runtime.version).join(', ')}`)
  return found
}

try {
  if (known.length === 0) throw new Error('it fetches Node for Linux on x64 and arm64')
  const chosen = named.length > 0 ? named.flatMap(matching) : known
  report(chosen.map((runtime) => runTestsWith(runtime, args)))
} catch (error) {
  console.error(`npm run test:node: ${/** @type {Error} */ (error).message}`)
  process.exitCode = 1
}
