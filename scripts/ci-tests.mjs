// Runs the tests with this Node, the oldest, and then with the newest as many as there is time for.
//
//   node scripts/ci-tests.mjs SECONDS    (that CI has taken so far)
import { forThisMachine, runtimes } from './runtimes.mjs'
import { nothing, report, runTests, runTestsWith } from './test-runs.mjs'

/** CI has 20 minutes, and machines differ. */
const limit = 16 * 60

/** What the newest can run, and how much of the oldest's time that takes at most, with fetching and building. */
const extents = [
  { what: 'unit tests and recorded cases', share: 0.5, args: ['test/unit', 'test/golden/replay.test.ts', 'test/golden/instead.test.ts'] },
]

const before = Number(process.argv[2])
const runs = [runTests([])]
const left = limit - before - process.uptime()
const newest = forThisMachine(runtimes.node).at(-1)
const extent = newest && extents.find(({ share }) => share * runs[0].seconds < left)
if (extent) {
  const { version } = newest
  console.log(`\nNode ${version}: ${extent.what}`)
  try {
    runs.push(runTestsWith(newest, extent.args))
  } catch (error) {
    console.error(/** @type {Error} */ (error).message)
    runs.push({ version, ...nothing })
  }
} else console.log(`\nNode ${newest?.version ?? 'of the newest version'} is left out: there are ${Math.round(left)} s left`)
report(runs)
