import { describe, expect, test } from 'vitest'
import { containerPaths, hasReached, shellAvailability, stageOf } from '../../src/ims/job-status.ts'
import { jobStatuses } from '../../src/service/job-statuses.ts'
import type { JobStatus } from '../../src/ims/records.ts'

type Kind = { job_type: 'create' | 'customize'; enable_debug: boolean }
type Reached = ReturnType<typeof hasReached>

const create = { job_type: 'create', enable_debug: false } as const
const debug = { job_type: 'create', enable_debug: true } as const
const customize = { job_type: 'customize', enable_debug: false } as const
const customizeDebug = { job_type: 'customize', enable_debug: true } as const

const running: JobStatus[] = ['creating', 'fetching_recipe', 'fetching_image', 'waiting_for_repos', 'building_image']

describe('the rows of the table of statuses', () => {
  const shells: [Kind, JobStatus, ReturnType<typeof shellAvailability>][] = [
    ...running.map((status): [Kind, JobStatus, 'never'] => [create, status, 'never']),
    ...running.map((status): [Kind, JobStatus, 'may come'] => [debug, status, 'may come']),
    ...running.map((status): [Kind, JobStatus, 'may come'] => [customize, status, 'may come']),
    [customizeDebug, 'creating', 'may come'],
    [debug, 'waiting_on_user', 'open'],
    [customize, 'waiting_on_user', 'open'],
    // Set by hand, or by a service that doesn't keep to its own rules: what is there is believed.
    [create, 'waiting_on_user', 'open'],
    ...[create, debug, customize].flatMap((kind) =>
      (['packaging_artifacts', 'success', 'error'] as const).map((status): [Kind, JobStatus, 'never'] => [kind, status, 'never']),
    ),
  ]
  test.each(shells)('a shell of %o in %s: %s', (kind, status, outlook) => {
    expect(shellAvailability({ ...kind, status })).toBe(outlook)
  })

  test.each<[JobStatus, ReturnType<typeof stageOf>]>([
    ...[...running, 'packaging_artifacts' as const].map((status): [JobStatus, 'running'] => [status, 'running']),
    ['waiting_on_user', 'waiting'],
    ['success', 'success'],
    ['error', 'error'],
  ])('%s is %s', (status, stage) => {
    expect(stageOf({ status })).toBe(stage)
  })
})

describe('whether a job gets to a status', () => {
  const all = [...jobStatuses]

  /** Rows are what a job is in, columns what is waited for: y reached, m may be, n no more. */
  const tables: [string, Kind, string][] = [
    [
      'create, debug off',
      create,
      `                     creating fetching_image fetching_recipe waiting_for_repos building_image packaging_artifacts waiting_on_user error success
       creating            y        n              m               m                 m              m                   n               m     m
       fetching_recipe     y        n              y               m                 m              m                   n               m     m
       waiting_for_repos   y        n              y               y                 m              m                   n               m     m
       building_image      y        n              y               y                 y              m                   n               m     m
       packaging_artifacts y        n              y               y                 y              y                   n               m     m
       success             y        n              y               y                 y              y                   n               n     y
       error               n        n              n               n                 n              n                   n               y     n`,
    ],
    [
      'create, debug on',
      debug,
      `                     creating fetching_image fetching_recipe waiting_for_repos building_image packaging_artifacts waiting_on_user error success
       creating            y        n              m               m                 m              m                   m               m     m
       building_image      y        n              y               y                 y              m                   m               m     m
       waiting_on_user     y        n              y               y                 y              n                   y               m     n
       packaging_artifacts y        n              y               y                 y              y                   n               m     m
       success             y        n              y               y                 y              y                   n               n     y
       error               n        n              n               n                 n              n                   n               y     n`,
    ],
    [
      'customize',
      customize,
      `                     creating fetching_image fetching_recipe waiting_for_repos building_image packaging_artifacts waiting_on_user error success
       creating            y        m              n               n                 n              m                   m               m     m
       fetching_image      y        y              n               n                 n              m                   m               m     m
       waiting_on_user     y        y              n               n                 n              m                   y               m     m
       packaging_artifacts y        y              n               n                 n              y                   y               m     m
       success             y        y              n               n                 n              y                   y               n     y
       error               n        n              n               n                 n              n                   n               y     n`,
    ],
  ]
  const words: Record<string, Reached> = { y: 'yes', m: 'may', n: 'no' }

  test.each(tables)('%s', (_, kind, table) => {
    const [head, ...rows] = table
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
    expect(head!.toSorted()).toEqual(all.toSorted())
    for (const [status, ...cells] of rows) {
      const got = head!.map((wanted) => hasReached({ ...kind, status: status as JobStatus }, wanted as JobStatus))
      expect(got, `in ${status}`).toEqual(cells.map((cell) => words[cell]))
    }
  })

  test('a status that we do not know may lead anywhere', () => {
    expect(hasReached({ ...create, status: 'resting' as JobStatus }, 'success')).toBe('may')
  })
})

test.each([
  [
    'create',
    { ...create, remote_build_node: '' },
    false,
    '/mnt/image/build/image-root',
    '/mnt/image/kiwi.log',
    '/mnt/image/complete',
    '/mnt/image/failed',
  ],
  [
    'create on a remote node',
    { ...create, remote_build_node: 'x3000c0s1b0n0' },
    false,
    undefined,
    undefined,
    '/mnt/image/complete',
    '/mnt/image/failed',
  ],
  [
    'customize',
    { ...customize, remote_build_node: '' },
    false,
    '/mnt/image/image-root',
    undefined,
    '/mnt/image/complete',
    '/mnt/image/failed',
  ],
  ['customize, jailed', { ...customize, remote_build_node: '' }, true, '/', undefined, '/tmp/complete', '/tmp/failed'],
  [
    'customize on a remote node, jailed',
    { ...customize, remote_build_node: 'x3000c0s1b0n0' },
    true,
    '/',
    undefined,
    '/tmp/complete',
    '/tmp/failed',
  ],
] as const)('where things are: %s', (_, job, jailed, imageRoot, log, complete, failed) => {
  expect(containerPaths(job, jailed)).toEqual({ imageRoot, log, complete, failed })
})
