import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    pool: 'forks',
    // Tests often wait for programs, which leaves a processor to a second file; more than 8 only compete for the disk.
    maxWorkers: Math.min(8, Math.max(2, availableParallelism())),
    // Whole programs share the machine's processors with the tests that start them.
    maxConcurrency: 4,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
