// Runs the tests with this Node, the oldest, and then with the newest: all where there is time, or the quick ones.
//
//   node scripts/ci-tests.mjs SECONDS    (that CI has taken so far)
import { forThisMachine, runtimes } from './runtimes.mjs'
import { nothing, report, runTests, runTestsWith } from './test-runs.mjs'

/** CI has 20 minutes, and machines differ. */
const limit = 17 * 60

/** What the newest runs, by how much of the time of all tests it takes at most, with fetching and building. */
const choices = [
  { what: 'all tests', share: 1.2, args: [] },
  {
    what: 'unit tests and recorded cases',
    share: 0.5,
    args: ['test/unit', 'test/golden/replay.test.ts', 'test/golden/instead.test.ts'],
  },
]

const before = Number(process.argv[2])
const runs = [runTests([])]
const left = limit - before - process.uptime()
const newest = forThisMachine(runtimes.node).at(-1)
const choice = choices.find(({ share }) => runs[0].seconds * share < left)
if (newest && choice) {
  const { version } = newest
  console.log(`\nNode ${version}: ${choice.what}`)
  try {
    runs.push(runTestsWith(newest, choice.args))
  } catch (error) {
    console.error(/** @type {Error} */ (error).message)
    runs.push({ version, ...nothing })
  }
} else console.log(`\nNode ${newest?.version ?? 'of the newest version'} is left out: there are ${Math.round(left)} s left`)
report(runs)
