import { readdirSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { atImageSite, ids, namesOf, yamlOf, type ImageSite } from '../support/image-site.ts'

const lines = (text: string) => text.trimEnd().split('\n')

/** Names of images, and what came of each, as a run printed them. */
async function buildAgain(site: ImageSite, file: string, ...words: string[]) {
  const before = site.writes().length
  const { exit, stdout, stderr } = await site.build(file, '--format', 'json', ...words)
  const results = Object.fromEntries(
    (stdout === '' ? [] : (JSON.parse(stdout) as { name: string; result: string }[])).map(({ name, result }) => [name, result]),
  )
  return { exit, results, stderr, writes: site.writes().slice(before) }
}

const theSame = (site: ImageSite) => ({
  jobs: namesOf(site),
  keys: [...site.mock.state.publicKeys.values()].length,
  images: Object.values(site.images()).map((found) => found.length),
  left: [...site.mock.state.jobs.values()].length,
})

describe.concurrent('the same command again', () => {
  test('keeps what is as ordered, and makes anew what is not', () =>
    atImageSite({}, async (site) => {
      const write = (a: string, b: string, comment = '') =>
        site.write('images.yaml', `${comment}${yamlOf(`name: a, ${a}`, `name: b, base: a, ${b}`, 'name: c, recipe: good')}`)
      site.write('set-up.sh', 'echo one\n')
      write('recipe: good', 'script: set-up.sh')
      expect(await buildAgain(site, 'images.yaml')).toMatchObject({ exit: 0, results: { a: 'made', b: 'made', c: 'made' } })
      const first = site.images()

      // How it is looked after, and how it is written down, makes no other image.
      write(
        'recipe: good, on_failure: delete, keep-job: true, if-exists: replace, debug: true',
        'on-failure: keep, script: ./set-up.sh',
        '# changed\n',
      )
      expect(await buildAgain(site, 'images.yaml', '--parallel', '1', '--quiet')).toMatchObject({
        exit: 0,
        results: { a: 'kept', b: 'kept', c: 'kept' },
        writes: [],
      })

      site.write('set-up.sh', 'echo two\n')
      const refused = await buildAgain(site, 'images.yaml')
      expect(refused).toMatchObject({ exit: 2, writes: [] })
      expect(refused.stderr).toContain('Error: images.yaml:4: the image name b is taken\n')

      write('recipe: other, if-exists: replace', 'script: set-up.sh, if-exists: replace')
      const { exit, results, stderr } = await buildAgain(site, 'images.yaml')
      expect({ exit, results }).toEqual({ exit: 0, results: { a: 'made', b: 'made', c: 'kept' } })
      expect(lines(stderr)).toContain('b: two')
      const second = site.images()
      expect(Object.values(second).map((found) => found.length)).toEqual([1, 1, 1])
      expect([second.a![0] === first.a![0], second.b![0] === first.b![0], second.c![0]]).toEqual([false, false, first.c![0]])

      // One that the service doesn't have any more.
      site.mock.state.images.delete(second.c![0]!)
      expect(await buildAgain(site, 'images.yaml')).toMatchObject({ exit: 0, results: { a: 'kept', b: 'kept', c: 'made' } })
    }))

  test('what was made from an image that was there already is kept, and from a recipe that is gone', () =>
    atImageSite({}, async (site) => {
      site.write(
        'images.yaml',
        yamlOf('name: there, recipe: good, if-exists: skip', `name: on-there, base: there, run: 'true'`, 'name: other, recipe: other'),
      )
      expect(await buildAgain(site, 'images.yaml')).toMatchObject({
        exit: 0,
        results: { there: 'kept', 'on-there': 'made', other: 'made' },
      })
      site.mock.state.recipes.delete(ids.other)
      expect(await buildAgain(site, 'images.yaml')).toMatchObject({
        exit: 0,
        results: { there: 'kept', 'on-there': 'kept', other: 'kept' },
        writes: [],
      })
    }))

  test('a job of an order that has changed since stands in the way, unless it makes the same', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: hanging'))
      const running = site.start('images.yaml')
      await running.says('a: job ')
      running.kill('SIGKILL')
      await running.ended
      const [job] = site.created
      site.write('images.yaml', yamlOf('name: a, recipe: good'))
      const refused = await buildAgain(site, 'images.yaml')
      expect(refused).toMatchObject({ exit: 2, writes: [] })
      expect(refused.stderr).toContain(`Error: images.yaml:2: job ${job!.id} still makes a with its earlier settings\n`)
      expect(refused.stderr).toContain(`Next: cray-ims jobs delete ${job!.id}\n`)
      site.write('images.yaml', yamlOf('name: a, recipe: good, new: true'))
      expect(await buildAgain(site, 'images.yaml')).toMatchObject({ exit: 0, results: { a: 'made' } })
      expect([...site.mock.state.jobs.values()].map(({ id }) => id)).toEqual([job!.id])
    }))
})

describe.concurrent('jobs of others', () => {
  const post = async ({ mock }: ImageSite, path: string, data: object): Promise<{ id: string }> => {
    const request = new Request(`http://ims/apis/ims/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(data),
      headers: { 'Content-Type': 'application/json' },
    })
    return (await mock.handle(request)).json() as Promise<{ id: string }>
  }

  test.each([
    ['of another recipe', { artifact_id: ids.other }],
    ['with other settings', { build_env_size: 99 }],
    ['that changes an image', { job_type: 'customize', artifact_id: ids.image }],
  ])('one %s, of the same name and key, is neither finished nor deleted', (_, differing) =>
    atImageSite({ speed: 4000 }, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good, build-env-size: 20'))
      const running = site.start('images.yaml')
      site.between.before = ({ method, path }) => {
        if (method !== 'POST' || path !== '/jobs') return
        running.kill('SIGKILL')
        throw new Error('no answer')
      }
      await running.ended
      site.between = {}
      const [key] = [...site.mock.state.publicKeys.values()]
      const foreign = await post(site, 'jobs', {
        job_type: 'create',
        artifact_id: ids.good,
        public_key_id: key!.id,
        image_root_archive_name: 'a',
        build_env_size: 20,
        ...differing,
      })
      await vi.waitFor(() => expect(['success', 'waiting_on_user']).toContain(site.mock.state.jobs.get(foreign.id)!.status), 30_000)
      const result = site.mock.state.jobs.get(foreign.id)!.resultant_image_id
      if (result) site.mock.state.images.delete(result)
      expect(await buildAgain(site, 'images.yaml')).toMatchObject({ exit: 0, results: { a: 'made' } })
      expect([...site.mock.state.jobs.values()].map(({ id }) => id)).toEqual([foreign.id])
      expect(namesOf(site)).toEqual(['a', 'a'])
    }),
  )

  test('a request that is refused leaves no trace in the state', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good', 'name: b, recipe: good'))
      site.between.before = ({ method, path, body }) =>
        method === 'POST' && path === '/jobs' && body.includes('"a"')
          ? { status: 422, reason: 'UNPROCESSABLE ENTITY', headers: {}, body: '' }
          : undefined
      expect(await buildAgain(site, 'images.yaml')).toMatchObject({ exit: 1, results: { a: 'failed', b: 'made' } })
      expect(Object.keys(JSON.parse(site.read('images.yaml.state')).images)).toEqual(['b'])
    }))
})

describe.concurrent('killed at once, then the same command again: everything once', () => {
  // Its writes: the key, two jobs, and once they are over a job, the image that is replaced, and the other job.
  const writes = { before: [2, 4, 5], after: [1, 2, 3, 4, 5, 6] }
  const points: [string, (site: ImageSite, kill: () => never) => void][] = [
    ...(['before', 'after'] as const).flatMap((when) =>
      writes[when].map((at): (typeof points)[number] => [
        `${when} its write ${at}`,
        (site, kill) => {
          site.between[when] = ({ method }) => {
            if (method !== 'GET' && site.writes().length === at) kill()
          }
        },
      ]),
    ),
    ...[1, 9, 15].map((at): (typeof points)[number] => [
      `at its request ${at}`,
      (site, kill) => {
        site.between.before = (_, count) => {
          if (count === at) kill()
        }
      },
    ]),
  ]

  test.each(points)('%s', (_, arm) =>
    atImageSite({ speed: 3000 }, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good', 'name: taken, recipe: good, if-exists: replace'))
      const running = site.start('images.yaml')
      arm(site, () => {
        running.kill('SIGKILL')
        throw new Error('no answer')
      })
      expect((await running.ended).exit).toBe('SIGKILL')
      site.between = {}
      const { exit, stderr } = await site.build('images.yaml')
      expect({ exit, stderr: exit === 0 ? '' : stderr }).toEqual({ exit: 0, stderr: '' })
      expect(theSame(site)).toEqual({
        jobs: expect.toSatisfy((names: string[]) => [...names].sort().join() === 'a,taken'),
        keys: 1,
        images: [1, 1],
        left: 0,
      })
      expect(site.mock.state.images.get(ids.taken)).toBeUndefined()
      expect(site.mock.state.images.get(ids.image)).toBeDefined()
      expect(
        readdirSync(site.folder)
          .filter((name) => !name.endsWith('.tmp'))
          .sort(),
      ).toEqual(['images.yaml', 'images.yaml.state'])
    }),
  )

  test.each([
    ['as the job of its customisation is created', 'after', 'POST /jobs'],
    ['as that is asked about', 'before', 'GET /jobs/*'],
  ] as const)('%s', (_, when, request) =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf(`name: b, base: there, run: 'echo done'`))
      const running = site.start('images.yaml')
      site.between[when] = ({ method, path }) => {
        if (`${method} ${path.replace(/[^/]*-[^/]*$/, '*')}` !== request) return
        running.kill('SIGKILL')
        throw new Error('no answer')
      }
      expect((await running.ended).exit).toBe('SIGKILL')
      site.between = {}
      expect(await buildAgain(site, 'images.yaml')).toMatchObject({ exit: 0, results: { b: 'made' } })
      expect(theSame(site)).toEqual({ jobs: ['b'], keys: 1, images: [1], left: 0 })
    }),
  )

  test('what is under way is taken up, and said so', () =>
    atImageSite({ speed: 400 }, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good', 'name: b, recipe: bad'))
      const running = site.start('images.yaml')
      await running.says(': job ', 2)
      running.kill('SIGKILL')
      await running.ended
      // One that ended without us.
      await vi.waitFor(() => expect([...site.mock.state.jobs.values()].map(({ status }) => status)).toContain('error'), 30_000)
      const { stderr, results } = await buildAgain(site, 'images.yaml')
      expect(stderr).toMatch(/a: resuming job [\da-f-]{36}, \w+/)
      expect(results).toEqual({ a: 'made', b: 'failed' })
      expect(namesOf(site).sort()).toEqual(['a', 'b', 'b'])
    }))
})
