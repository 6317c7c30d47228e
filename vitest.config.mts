import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    pool: 'forks',
    // Whole programs share the machine's processors with the tests that start them.
    maxConcurrency: 4,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
