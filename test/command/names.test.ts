import { describe, expect, test } from 'vitest'
import { startProgram } from '../support/live-program.ts'
import { run } from '../support/program.ts'
import { programLine } from '../support/site.ts'
import { image, recipe, withSite, type WatchedSite } from '../support/watched-site.ts'

const ids = {
  old: '216038ef-0000-4000-8000-000000000001',
  new: '216038ef-0000-4000-8000-000000000002',
  uan: 'ad5163d2-0000-4000-8000-000000000003',
  recipe: 'cafe0000-0000-4000-8000-000000000004',
}
const seed = {
  images: [
    image(ids.old, 'compute', { created: '2026-01-01T00:00:00' }),
    image(ids.new, 'compute', { created: '2026-01-03T00:00:00' }),
    image(ids.uan, 'my uan'),
  ],
  recipes: [recipe(ids.recipe, 'barebones')],
}
const at = <R>(work: (site: WatchedSite) => Promise<R>) => withSite({ seed }, work)
const sent = ({ asked }: WatchedSite) => asked.map(({ method, path }) => `${method} ${path}`)
const left = ({ mock }: WatchedSite) => [...mock.state.images.values()].map(({ id }) => id).sort()
const ims = (site: WatchedSite, ...words: string[]) => run(words, { cwd: site.home, env: site.env })
const piped = (site: WatchedSite, stdin: string, ...words: string[]) => run(words, { cwd: site.home, env: site.env, stdin })

describe.concurrent('a record by name', () => {
  test('a UUID costs the request that it always did', () =>
    at(async (site) => {
      expect(await ims(site, 'images', 'describe', ids.uan, '--format', 'id')).toMatchObject({
        exit: 0,
        stdout: `${ids.uan}\n`,
        stderr: '',
      })
      const unknown = await ims(site, 'images', 'describe', ids.uan.replace('ad', 'ff'))
      expect(unknown.exit).toBe(2)
      expect(sent(site)).toEqual([`GET images/${ids.uan}`, `GET images/${ids.uan.replace('ad', 'ff')}`])
    }))

  test.each([['my uan'], ['ad51']])('%s is looked up once the service knows no such id', (word) =>
    at(async (site) => {
      expect(await ims(site, 'images', 'describe', word, '--format', 'id')).toMatchObject({ exit: 0, stdout: `${ids.uan}\n` })
      expect(sent(site)).toEqual([`GET images/${encodeURIComponent(word)}`, 'GET images', `GET images/${ids.uan}`])
    }),
  )

  test('an update is sent to the one that is meant', () =>
    at(async (site) => {
      expect(await ims(site, 'images', 'update', 'my uan', '--arch', 'aarch64')).toMatchObject({ exit: 0 })
      expect(site.mock.state.images.get(ids.uan)!.arch).toBe('aarch64')
    }))

  test('that several have deletes nothing, and lists them', () =>
    at(async (site) => {
      const { exit, stdout, stderr } = await ims(site, 'images', 'delete', 'compute')
      expect({ exit, stdout, left: left(site).length }).toEqual({ exit: 2, stdout: '', left: 3 })
      expect(stderr).toBe(
        `Error: "compute" names 2 images\n  ${ids.new}  2026-01-03 00:00  x86_64  compute\n  ${ids.old}  2026-01-01 00:00  x86_64  compute\nNext: name one by the beginning of its id, or add --latest for the newest\n`,
      )
      expect(await ims(site, 'images', 'delete', 'compute', '--latest')).toMatchObject({ exit: 0 })
      expect(left(site)).toEqual([ids.old, ids.uan])
    }))

  test('of another kind says of which', () =>
    at(async (site) => {
      const { exit, stderr } = await ims(site, 'images', 'describe', 'cafe')
      expect(exit).toBe(2)
      expect(stderr).toBe(`Error: "cafe" is a recipe, not an image\nNext: cray-ims recipes describe ${ids.recipe}\n`)
    }))

  test('whose record can not be used stops the command: it may be the one', () =>
    at(async (site) => {
      const list = () => Response.json([{ id: ids.uan, name: 'my uan', created: 'soon' }, image(ids.old, 'my uan')])
      site.intervene({ after: ({ method, path }) => (method === 'GET' && path === 'images' ? list() : undefined) })
      const { exit, stderr } = await ims(site, 'images', 'delete', 'my uan')
      expect({ exit, left: left(site).length }).toEqual({ exit: 2, left: 3 })
      expect(stderr).toContain(`Error: the service sent an image ${ids.uan} that can't be used: its created is "soon", not a time\n`)
    }))

  test('is watched', () =>
    at(async (site) => {
      const watching = startProgram(['images', 'describe', 'my uan', '--watch', '-o', 'jsonl', '--interval', '0.1'], {
        cwd: site.home,
        env: site.env,
      })
      await watching.says(ids.uan)
      watching.kill('SIGINT')
      expect(await watching.ended).toMatchObject({ exit: 130 })
    }))

  test('that a gateway does not know is not looked up', () =>
    at(async (site) => {
      site.intervene({ before: () => 404 })
      expect((await ims(site, 'images', 'delete', 'my uan')).exit).toBe(2)
      expect(sent(site)).toEqual(['DELETE images/my%20uan'])
    }))
})

describe.concurrent('several records', () => {
  test('are described as a list, each once', () =>
    at(async (site) => {
      const { exit, stdout } = await ims(site, 'images', 'describe', ids.old, 'my uan', 'ad5163d2', '--format', 'id')
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${ids.old}\n${ids.uan}\n` })
      expect(sent(site)).toEqual(['GET images', `GET images/${ids.old}`, `GET images/${ids.uan}`])
    }))

  test('are deleted, each reported', () =>
    at(async (site) => {
      const { exit, stdout, stderr } = await ims(site, 'images', 'delete', ids.old, 'my uan')
      expect({ exit, stdout, stderr }).toEqual({
        exit: 0,
        stdout: '',
        stderr: `deleted image ${ids.old}  compute\ndeleted image ${ids.uan}  my uan\n`,
      })
      expect(left(site)).toEqual([ids.new])
    }))

  test('one that nobody knows: none is deleted', () =>
    at(async (site) => {
      const { exit, stderr } = await ims(site, 'images', 'delete', 'my uan', 'nowhere')
      expect({ exit, left: left(site).length, writes: site.writes() }).toEqual({ exit: 2, left: 3, writes: [] })
      expect(stderr).toContain('Error: no image matches "nowhere"\n')
    }))

  test('one that fails: the others are deleted, exit 2', () =>
    at(async (site) => {
      const gone = ids.uan.replace('ad', 'ff')
      const { exit, stderr } = await ims(site, 'images', 'delete', gone, ids.uan)
      expect({ exit, left: left(site) }).toEqual({ exit: 2, left: [ids.old, ids.new] })
      expect(stderr).toContain(`Error: ${gone}: `)
      expect(stderr).toContain(`deleted image ${ids.uan}\n`)
    }))

  test('come from stdin, a line each', () =>
    at(async (site) => {
      expect(await piped(site, `my uan\n\n${ids.old}\n`, 'images', 'delete', '-')).toMatchObject({ exit: 0 })
      expect(left(site)).toEqual([ids.new])
      expect(await piped(site, '', 'images', 'delete', '-')).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining('stdin has no word.'),
      })
    }))
})

describe.concurrent('the records of a new job, by name', () => {
  const key = { id: 'beef0000-0000-4000-8000-000000000005', name: 'jane', public_key: 'ssh-ed25519 AAAA' }
  const here = <R>(work: (site: WatchedSite) => Promise<R>) => withSite({ seed: { ...seed, public_keys: [key] } }, work)
  const create = (site: WatchedSite, type: string, artifact: string, publicKey: string, ...more: string[]) =>
    ims(
      site,
      'jobs',
      'create',
      '--job-type',
      type,
      '--artifact-id',
      artifact,
      '--public-key-id',
      publicKey,
      '--image-root-archive-name',
      'n',
      ...more,
    )
  const bodies = (site: WatchedSite) => site.writes().map(({ body }) => JSON.parse(body) as { artifact_id: string; public_key_id: string })

  test('are looked up once the service says that they are no ids', () =>
    here(async (site) => {
      expect(await create(site, 'create', 'barebones', 'jane', '--latest')).toMatchObject({ exit: 0, stderr: '' })
      expect(sent(site)).toEqual(['POST jobs', 'GET recipes', 'GET public-keys', 'POST jobs'])
      expect(bodies(site)).toMatchObject([
        { artifact_id: 'barebones', public_key_id: 'jane' },
        { artifact_id: ids.recipe, public_key_id: key.id },
      ])
    }))

  test('are images where one is customized, and only what is no id is looked up', () =>
    here(async (site) => {
      expect(await create(site, 'customize', 'my uan', key.id, '--latest')).toMatchObject({ exit: 0 })
      expect(bodies(site)[1]).toMatchObject({ artifact_id: ids.uan, public_key_id: key.id })
      expect(sent(site)).not.toContain('GET public-keys')
    }))

  test.each<[string, [string, string, string], string]>([
    ['of another kind', ['create', 'my uan', 'jane'], '"my uan" is an image, not a recipe'],
    ['that nothing has', ['create', 'barebones', 'joe'], 'no public key matches "joe"'],
  ])('%s create no job', (_, words, why) =>
    here(async (site) => {
      const { exit, stderr } = await create(site, ...words, '--latest')
      expect({ exit, jobs: [...site.mock.state.jobs.values()] }).toEqual({ exit: 2, jobs: [] })
      expect(stderr).toContain(`Error: ${why}`)
    }),
  )

  test('are not looked up by a script that the original would run, but in a terminal', () =>
    here(async (site) => {
      expect(await create(site, 'create', 'barebones', 'jane')).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining('Not a valid UUID'),
      })
      expect(sent(site)).toEqual(['POST jobs'])
      const words = '--job-type customize --artifact-id compute --public-key-id jane --image-root-archive-name n'
      const { exit, stdout } = await run(['-qec', `${programLine} jobs create ${words}`, '/dev/null'], {
        cwd: site.home,
        env: { ...site.env, TERM: 'xterm' },
        command: ['script'],
      })
      expect({ exit, jobs: [...site.mock.state.jobs.values()] }).toEqual({ exit: 2, jobs: [] })
      expect(stdout).toContain('"compute" names 2 images')
    }))

  test('--latest takes the newest', () =>
    here(async (site) => {
      expect(await create(site, 'customize', 'compute', 'jane', '--latest')).toMatchObject({ exit: 0 })
      expect(bodies(site)[1]!.artifact_id).toBe(ids.new)
    }))

  test('what the service has against other fields is its answer', () =>
    here(async (site) => {
      const { exit, stderr } = await create(site, 'create', ids.recipe, key.id, '--build-env-size', '0')
      expect({ exit, sent: sent(site) }).toEqual({ exit: 2, sent: ['POST jobs'] })
      expect(stderr).toContain('--build-env-size 0')
    }))
})
