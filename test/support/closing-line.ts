import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with a line that says how many tests passed, failed and were skipped, or leaves that to who asks for the counts. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state]++
      // A file that couldn't be loaded has no tests that could fail.
      if (module.state() === 'failed' && counts.failed === 0) counts.failed++
    }
    const { passed, failed } = counts
    const skipped = counts.skipped + counts.pending
    // See scripts/test-runs.mjs.
    const file = process.env.TEST_COUNTS
    if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped, seconds: performance.now() / 1000 }))
    else process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  }
}
