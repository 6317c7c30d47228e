import { describe, expect, test } from 'vitest'
import { startWatchedSite } from '../support/watched-site.ts'
import { survives } from '../support/kill-points.ts'
import { ownKeys } from '../support/own-keys.ts'
import { run } from '../support/program.ts'
import { sampled } from '../support/sampled.ts'

const keys = ownKeys()

const argv = ['customize', 'image-succeeds', '--name', 'mine', '--run', 'exit 0']

/** All that a customisation asks, in order; how often it looks while the job waits is a matter of time. */
const steps = [
  'GET recipes',
  'GET images',
  'GET public-keys',
  'GET jobs',
  'POST public-keys',
  'POST jobs',
  'GET jobs/ONE creating',
  'GET jobs/ONE fetching_image',
  'GET jobs/ONE waiting_on_user',
  'GET public-keys/ONE',
  'GET jobs/ONE packaging_artifacts',
  'GET jobs/ONE packaging_artifacts +image',
  'GET jobs/ONE success',
  'GET images/ONE',
  'DELETE jobs/ONE success',
]

describe.concurrent('a customisation that is killed', () => {
  test('asks this', async () => {
    const site = await startWatchedSite({ keys })
    try {
      expect(await site.ims(...argv)).toMatchObject({ exit: 0 })
      expect([...new Set(site.asked.map(({ step }) => step))].sort()).toEqual([...steps].sort())
    } finally {
      await site.close()
    }
  })

  // A read is the same before it as after the step before; until the first lists are read, a build is the same, too.
  const points = steps
    .slice(3)
    .flatMap((step) => [...(step.startsWith('GET') ? [] : [['before', step] as const]), ['after', step] as const])
  test.each(sampled(points, 3, 1))('%s %s', (when, step) => survives({ keys }, 'mine', step, when, argv))

  test('while its command runs: the same line follows it to its end', async () => {
    const site = await startWatchedSite({ keys })
    const command = 'echo run >>/opt/runs; echo begun; until [ -e /opt/go ]; do sleep 0.1; done; echo "runs: $(wc -l </opt/runs)"'
    const line = ['customize', 'image-succeeds', '--name', 'mine', '--run', command]
    try {
      const first = site.start(...line)
      await first.says('\nbegun\n')
      first.kill('SIGKILL')
      await first.ended
      const again = site.start(...line)
      await again.says('\nbegun\n')
      expect(await run(['jobs', 'debug', 'mine', '--quiet', '--', 'touch', '/opt/go'], { cwd: site.home, env: site.env })).toMatchObject({
        exit: 0,
      })
      const { exit, stdout, stderr } = await again.ended
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining('\nruns: 1\n') })
      expect([...site.mock.state.images.values()].filter(({ name }) => name === 'mine').map(({ id }) => `${id}\n`)).toEqual([stdout])
      expect(site.writes().map(({ step }) => step)).toEqual(['POST public-keys', 'POST jobs', 'DELETE jobs/ONE success'])
    } finally {
      await site.close()
    }
  })
})
