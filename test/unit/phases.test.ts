import { describe, expect, test } from 'vitest'
import { createPhases } from '../../src/builds/phases.ts'
import type { JobStatus } from '../../src/ims/records.ts'

function after(...passed: [JobStatus, number][]) {
  const phases = createPhases()
  for (const [status, seconds] of passed) phases.passed(status, seconds * 1000)
  return phases
}

describe('the phases of a job', () => {
  const built: [JobStatus, number][] = [
    ['creating', 2],
    ['fetching_recipe', 4],
    ['waiting_for_repos', 11],
    ['building_image', 842],
    ['packaging_artifacts', 220],
  ]

  test('each with its time; the first has its pod created, too', () =>
    expect(after(...built).done()).toBe('✔ recipe 6s ✔ repos 11s ✔ build 14m02s ✔ package 3m40s'))

  test('the last one has gone wrong', () => expect(after(...built.slice(0, 4)).done(true)).toBe('✔ recipe 6s ✔ repos 11s ✖ build 14m02s'))

  test('of a customisation', () =>
    expect(after(['creating', 1], ['fetching_image', 150], ['waiting_on_user', 60], ['packaging_artifacts', 9]).done()).toBe(
      '✔ image 2m31s ✔ shell 1m ✔ package 9s',
    ))

  test.each<[string, [JobStatus, number][], JobStatus, number, string]>([
    ['before the first', [], 'creating', 3, 'creating 3s'],
    ['in the first, with its creation', [['creating', 3]], 'fetching_recipe', 2, 'recipe 5s'],
    ['later', built.slice(0, 2), 'waiting_for_repos', 7, '✔ recipe 6s repos 7s'],
    ['in a status that nobody knows yet', built.slice(0, 2), 'another' as JobStatus, 7, '✔ recipe 6s another 7s'],
  ])('what goes on now: %s', (_, passed, status, seconds, text) => expect(after(...passed).now(status, seconds * 1000)).toBe(text))

  test('nothing was seen', () => expect(after().done()).toBe(''))
})
