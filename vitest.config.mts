import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import LongestFirst from './test/support/longest-first.mts'

// A worker that starts once for many files saves a third of their time. Files that see which modules are loaded, or put others
// in their place, need modules of their own.
const ownModules = ['test/unit/ims-lazy.test.ts', 'test/unit/lock.test.ts']
// Looks at what the programs of all other files have said.
const last = ['test/last/*.test.ts']

export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line.ts'],
    pool: 'forks',
    // Tests often wait for programs, which leaves processors to further files; more than 8 only compete for the disk.
    maxWorkers: Math.min(8, Math.max(6, availableParallelism())),
    sequence: { sequencer: LongestFirst },
    // Whole programs share the machine's processors with the tests that start them.
    maxConcurrency: 4,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    globalSetup: './test/support/hint-notes.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...ownModules, ...last],
        },
      },
      { extends: true, test: { name: 'own', include: ownModules } },
      { extends: true, test: { name: 'last', include: last, sequence: { groupOrder: 1 } } },
    ],
  },
})
