import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWatchedSite } from '../support/watched-site.ts'
import { survives } from '../support/kill-points.ts'
import { makeKey, temporaryFolder } from '../support/sshd.ts'
import { sampled } from '../support/sampled.ts'

const { path: folder, remove } = temporaryFolder()
afterAll(remove)

let keys: Record<string, string>
beforeAll(() => {
  keys = { 'id_ed25519.pub': makeKey(`${folder}/id`).publicKey }
})

const argv = ['build', 'succeeds', '--name', 'mine']

/** All that a build asks, in order. */
const steps = [
  'GET recipes',
  'GET images',
  'GET public-keys',
  'GET jobs',
  'POST public-keys',
  'POST jobs',
  'GET jobs/ONE creating',
  'GET jobs/ONE fetching_recipe',
  'GET jobs/ONE waiting_for_repos',
  'GET jobs/ONE building_image',
  'GET jobs/ONE packaging_artifacts',
  'GET jobs/ONE packaging_artifacts +image',
  'GET jobs/ONE success',
  'GET images/ONE',
  'DELETE jobs/ONE success',
]

describe.concurrent('a build that is killed', () => {
  test('asks this', async () => {
    const site = await startWatchedSite({ keys })
    try {
      expect(await site.ims(...argv)).toMatchObject({ exit: 0 })
      // Once its job is there, it looks for that of another run, begun at the same moment.
      expect(site.asked.map(({ step }) => step).sort()).toEqual([...steps, 'GET jobs', 'GET images'].sort())
    } finally {
      await site.close()
    }
  })

  // A read is the same before it as after the step before.
  const points = steps.flatMap((step) => [...(step.startsWith('GET') ? [] : [['before', step] as const]), ['after', step] as const])
  test.each(sampled(points, 3))('%s %s', (when, step) => survives({ keys }, 'mine', step, when, argv))
})
