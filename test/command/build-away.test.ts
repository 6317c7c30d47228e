import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { startWatchedSite, type Asked, type WatchedSite, type Instead } from '../support/watched-site.ts'
import { ownKeys } from '../support/own-keys.ts'
import { run } from '../support/program.ts'
import { sampled } from '../support/sampled.ts'

const keys = ownKeys()

const commands = {
  build: ['build', 'succeeds', '--name', 'mine'],
  customize: ['customize', 'image-succeeds', '--name', 'mine', '--run', 'exit 0'],
} as const

/** Runs a command and sees to it that it made one image, of one key and one job, and left nothing. */
async function makesOne(
  command: keyof typeof commands,
  prepare: (site: WatchedSite) => void | Promise<void>,
): Promise<{ site: WatchedSite; stderr: string }> {
  const site = await startWatchedSite({ keys })
  try {
    await prepare(site)
    const { exit, stdout, stderr } = await site.ims(...commands[command])
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining('linked; job deleted') })
    const { images, jobs, publicKeys } = site.mock.state
    expect([...images.values()].filter(({ name }) => name === 'mine').map(({ id }) => `${id}\n`)).toEqual([stdout])
    expect([[...publicKeys.values()].length, [...jobs.values()].length]).toEqual([1, 0])
    return { site, stderr }
  } finally {
    await site.close()
  }
}

describe.concurrent('an answer that is lost', () => {
  const lost = [
    [502, 'POST public-keys'],
    ['reset', 'POST public-keys'],
    [504, 'POST jobs'],
    ['reset', 'POST jobs'],
    [502, 'DELETE jobs/ONE success'],
    ['reset', 'DELETE jobs/ONE success'],
  ] as const
  test.each(sampled(lost, 2))('%s, after %s was handled: nothing is made twice', async (instead, step) => {
    let times = 0
    const { site } = await makesOne('build', (site) =>
      site.intervene({ after: (asked) => (asked.step === step && times++ === 0 ? instead : undefined) }),
    )
    expect(site.asked.filter(({ method, path }) => method === 'POST' && path === 'jobs').length).toBe(1)
    expect(site.asked.filter(({ method, path }) => method === 'POST' && path === 'public-keys').length).toBe(1)
  })

  test('is taken for that of somebody else, who makes the same meanwhile: it is followed, and left alone', async () => {
    const site = await startWatchedSite({ keys })
    try {
      const post = async (path: string, body: unknown): Promise<{ id: string }> => {
        const asked = { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
        return (await site.mock.handle(new Request(`http://ims/apis/ims/v3/${path}`, asked))).json() as Promise<{ id: string }>
      }
      let others: string | undefined
      site.intervene({
        async before({ step, body }) {
          if (step !== 'POST jobs' || others) return undefined
          const { id } = await post('public-keys', { name: "joe's", public_key: 'ssh-ed25519 AAAAjoe' })
          others = (await post('jobs', { ...JSON.parse(body), public_key_id: id })).id
          // Of two that are created in one millisecond, the ids decide which counts as the first.
          const created = Date.now()
          while (Date.now() <= created) await wait(1)
          return undefined
        },
        after: ({ step }) => (step === 'POST jobs' ? 502 : undefined),
      })
      const { exit, stdout } = await site.ims(...commands.build)
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) })
      expect([...site.mock.state.jobs.values()]).toMatchObject([{ id: others, status: 'success', resultant_image_id: stdout.trim() }])
    } finally {
      await site.close()
    }
  })

  test.each([503, 504, 'reset'] as const)('%s, and the job appears only after some looks: one job, one image', async (instead) => {
    let handle: (() => unknown) | undefined
    let looks = 0
    await makesOne('build', (site) =>
      site.intervene({
        before({ step, body }) {
          if (step === 'POST jobs') {
            handle = () =>
              site.mock.handle(
                new Request('http://ims/apis/ims/v3/jobs', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } }),
              )
            return instead
          }
          // The service carries it out while it is looked for.
          if (handle && step === 'GET jobs' && ++looks === 5) return Promise.resolve(handle()).then(() => undefined)
          return undefined
        },
      }),
    )
    expect(looks).toBeGreaterThanOrEqual(5)
  })

  test('a job that never appears is not asked for again: it stops, and says so', { timeout: 120_000 }, async () => {
    const site = await startWatchedSite({ keys })
    try {
      site.intervene({ before: ({ step }) => (step === 'POST jobs' ? 504 : undefined) })
      const { exit, stdout, stderr } = await run([...commands.build, '--interval', '1'], { cwd: site.home, env: site.env, limit: 110_000 })
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toContain(
        '\nError: the service did not say whether it created the job of image mine, and none has appeared within 1m\n',
      )
      expect(stderr).toContain('HTTP 504 Gateway Timeout: POST /apis/ims/v3/jobs')
      expect(stderr).toMatch(/\nNext: cray-ims jobs list\n$/)
      expect(site.writes().map(({ step }) => step)).toEqual(['POST public-keys', 'POST jobs'])
    } finally {
      await site.close()
    }
  })

  test('a refused job leaves nothing in doubt', async () => {
    const site = await startWatchedSite({ keys })
    try {
      site.intervene({ before: ({ step }) => (step === 'POST jobs' ? 422 : undefined) })
      const { exit, stderr } = await site.ims(...commands.build)
      expect({ exit, posts: site.writes().length }).toEqual({ exit: 2, posts: 2 })
      expect(stderr).not.toContain('did not say')
    } finally {
      await site.close()
    }
  })
})

describe.concurrent('a service that is away for a while', () => {
  /** Answers that a step, and all that comes after it for so many requests, don't get. */
  const away = (step: string, instead: Instead, looks: number) => (site: WatchedSite) => {
    let left = 0
    let begun = false
    site.intervene({
      before({ step: now }: Asked) {
        if (!begun && now === step) [begun, left] = [true, looks]
        return left-- > 0 ? instead : undefined
      },
    })
  }
  const steps = [
    ['reset', 'GET jobs/ONE creating'],
    [503, 'GET jobs/ONE building_image'],
    ['reset', 'GET images/ONE'],
    [503, 'DELETE jobs/ONE success'],
  ] as const
  test.each(sampled(steps, 2))('%s for 30 looks from %s on', async (instead, step) => {
    const { stderr } = await makesOne('build', away(step, instead, 30))
    expect(stderr).toContain('the service is unavailable (')
  })

  test.each(['GET jobs/ONE waiting_on_user', 'GET public-keys/ONE', 'GET jobs/ONE packaging_artifacts'])(
    'a customisation, from %s on',
    async (step) => {
      await makesOne('customize', away(step, 503, 30))
    },
  )

  test.each([503, 'reset'] as const)('%s to the creation of a job that was carried out, and for 30 looks for it', async (instead) => {
    let left = 0
    const { stderr } = await makesOne('build', (site) =>
      site.intervene({
        before: () => (left-- > 0 ? 503 : undefined),
        after({ step }) {
          if (step !== 'POST jobs') return undefined
          left = 30
          return instead
        },
      }),
    )
    expect(stderr).toContain('the service is unavailable (')
  })

  test.each(['POST public-keys', 'GET jobs/ONE fetching_recipe'])('no connection for a second, after %s', async (step) => {
    let times = 0
    const { stderr } = await makesOne('build', (site) =>
      site.intervene({
        async after(asked) {
          if (asked.step !== step || times++ > 0) return undefined
          // Whoever is in the middle of a request loses it, too.
          void site.refuse()
          setTimeout(() => void site.listen(), 1000)
          return 'reset'
        },
      }),
    )
    expect(stderr).toContain('connection refused')
  })

  test('before anything is under way for some looks, then it is given up', async () => {
    await makesOne('build', away('GET recipes', 503, 2))
    const site = await startWatchedSite({ keys })
    try {
      site.intervene({ before: () => 503 })
      const { exit, stdout, stderr } = await site.ims(...commands.build)
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toContain('503 Service Unavailable')
      expect(site.writes()).toEqual([])
    } finally {
      await site.close()
    }
  })
})
