// Runs the tests with this Node, the oldest, and then the quick ones with the newest, where there is time.
//
//   node scripts/ci-tests.mjs SECONDS    (that CI has taken so far)
import { forThisMachine, runtimes } from './runtimes.mjs'
import { nothing, report, runTests, runTestsWith } from './test-runs.mjs'

/** CI has 20 minutes, and machines differ. */
const limit = 16 * 60

/** What takes at most half of the time that all tests take, with fetching and building. */
const quick = ['test/unit', 'test/golden/replay.test.ts', 'test/golden/instead.test.ts']

const before = Number(process.argv[2])
const runs = [runTests([])]
const left = limit - before - process.uptime()
const newest = forThisMachine(runtimes.node).at(-1)
if (newest && runs[0].seconds / 2 < left) {
  const { version } = newest
  console.log(`\nNode ${version}: unit tests and recorded cases`)
  try {
    runs.push(runTestsWith(newest, quick))
  } catch (error) {
    console.error(/** @type {Error} */ (error).message)
    runs.push({ version, ...nothing })
  }
} else console.log(`\nNode ${newest?.version ?? 'of the newest version'} is left out: there are ${Math.round(left)} s left`)
report(runs)
