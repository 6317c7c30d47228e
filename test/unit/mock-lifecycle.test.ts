import { describe, expect, it } from 'vitest'
import { createMock, type Ending, type MockOptions, type Seed, type Signal } from '../../src/mock/library.ts'
import { ask, countedIds, testClock } from '../support/mock-time.ts'

const recipeId = '10000000-0000-4000-8000-000000000001'
const packerId = '10000000-0000-4000-8000-000000000002'
const imageId = '20000000-0000-4000-8000-000000000001'
const keyId = '30000000-0000-4000-8000-000000000001'
const link = (path: string) => ({ path: `s3://ims/${path}`, type: 's3' })

const seed = (builds: Ending): Seed => ({
  public_keys: [{ id: keyId, name: 'k', public_key: 'ssh-ed25519 AAAA' }],
  recipes: [
    { id: recipeId, name: 'r', recipe_type: 'kiwi-ng', linux_distribution: 'sles15', link: link('r'), mock: { builds } },
    { id: packerId, name: 'p', recipe_type: 'packer', linux_distribution: 'sles15', link: link('p'), mock: { builds } },
  ],
  images: [{ id: imageId, name: 'i', link: link('i'), arch: 'aarch64', mock: { builds } }],
})

const asked = { public_key_id: keyId, image_root_archive_name: 'result' }
const create = { ...asked, job_type: 'create', artifact_id: recipeId }
const customize = { ...asked, job_type: 'customize', artifact_id: imageId }
const build = ['creating', 'fetching_recipe', 'waiting_for_repos', 'building_image']
const done = ['packaging_artifacts', 'success']

/** All statuses that a job comes through, each as the service shows it; signals are given when it waits. */
async function statuses(job: object, builds: Ending, signal?: Signal, options: MockOptions = {}): Promise<string[]> {
  const clock = testClock()
  const mock = createMock({ seed: seed(builds), clock, newId: countedIds(), ...options })
  const { data: started } = await ask(mock, 'POST', '/v3/jobs', job)
  const seen: string[] = [started.status]
  for (let second = 0; second < 3600; second += 5) {
    clock.pass(5)
    const { data } = await ask(mock, 'GET', `/v3/jobs/${started.id}`)
    if (data.status !== seen.at(-1)) seen.push(data.status)
    if (data.status === 'waiting_on_user' && signal && mock.jobs.signal(started.id, signal)) signal = undefined
  }
  mock.close()
  return seen
}

const ways: [string, object, Ending, Signal | undefined, string[]][] = [
  ['create', create, 'succeeds', undefined, [...build, ...done]],
  ['create with debug', { ...create, enable_debug: true }, 'succeeds', undefined, [...build, ...done]],
  [
    'create of a packer recipe',
    { ...create, artifact_id: packerId },
    'succeeds',
    undefined,
    ['creating', 'fetching_recipe', 'building_image', ...done],
  ],
  ['a build that fails', create, 'fails', undefined, [...build, 'error']],
  ['a build that fails with debug', { ...create, enable_debug: true }, 'fails', undefined, [...build, 'waiting_on_user']],
  ['… then complete', { ...create, enable_debug: true }, 'fails', 'complete', [...build, 'waiting_on_user', 'error']],
  ['… then failed', { ...create, enable_debug: true }, 'fails', 'failed', [...build, 'waiting_on_user', 'error']],
  ['a recipe that is not there', create, 'fetch-fails', undefined, ['creating', 'fetching_recipe', 'error']],
  ['… with debug', { ...create, enable_debug: true }, 'fetch-fails', undefined, ['creating', 'fetching_recipe', 'error']],
  ['repositories that do not answer', { ...create, enable_debug: true }, 'repos-fail', undefined, [...build.slice(0, 3), 'error']],
  ['packaging that fails', { ...create, enable_debug: true }, 'packaging-fails', undefined, [...build, 'packaging_artifacts', 'error']],
  ['a build that hangs', create, 'hangs', undefined, build],
  ['customize', customize, 'succeeds', undefined, ['creating', 'fetching_image', 'waiting_on_user']],
  ['customize with debug', { ...customize, enable_debug: true }, 'succeeds', undefined, ['creating', 'fetching_image', 'waiting_on_user']],
  ['… then complete', customize, 'succeeds', 'complete', ['creating', 'fetching_image', 'waiting_on_user', ...done]],
  ['… then failed', customize, 'succeeds', 'failed', ['creating', 'fetching_image', 'waiting_on_user', 'error']],
  [
    'customize, packaging fails',
    customize,
    'packaging-fails',
    'complete',
    ['creating', 'fetching_image', 'waiting_on_user', 'packaging_artifacts', 'error'],
  ],
  ['customize, image not there', customize, 'fetch-fails', undefined, ['creating', 'fetching_image', 'error']],
  ['customize that hangs', customize, 'hangs', undefined, ['creating', 'fetching_image']],
]

describe('the statuses of a job', () => {
  it.each(ways)('%s', async (_, job, builds, signal, expected) => {
    expect(await statuses(job, builds, signal)).toEqual(expected)
  })

  it('fails builds that would succeed when it is told to, and only builds', async () => {
    expect(await statuses(create, 'succeeds', undefined, { failBuilds: true })).toEqual([...build, 'error'])
    expect(await statuses(customize, 'succeeds', 'complete', { failBuilds: true })).toContain('success')
  })
})

describe('the clock', () => {
  it('runs as many times faster as it is told', async () => {
    const clock = testClock()
    const mock = createMock({ seed: seed('succeeds'), clock, speed: 1000 })
    const { data: job } = await ask(mock, 'POST', '/v3/jobs', create)
    clock.pass(0.02)
    expect((await ask(mock, 'GET', `/v3/jobs/${job.id}`)).data.status).toBe('fetching_recipe')
    clock.pass(1.5)
    expect((await ask(mock, 'GET', `/v3/jobs/${job.id}`)).data.status).toBe('success')
  })

  it('with speed step answers, then moves on; a list moves nothing', async () => {
    const clock = testClock()
    const mock = createMock({ seed: seed('succeeds'), clock, speed: 'step' })
    const { data: job } = await ask(mock, 'POST', '/v3/jobs', create)
    clock.pass(99_999)
    const seen: [string, boolean][] = []
    for (let count = 0; count < 8; count++) {
      await ask(mock, 'GET', '/v3/jobs')
      const { data } = await ask(mock, 'GET', `/v3/jobs/${job.id}`)
      seen.push([data.status, data.resultant_image_id !== null])
    }
    expect(seen).toEqual([
      ...build.map((status) => [status, false]),
      ['packaging_artifacts', false],
      ['packaging_artifacts', true],
      ['success', true],
      ['success', true],
    ])
  })

  it('moves jobs without any request', async () => {
    const clock = testClock()
    let ring = () => {}
    const mock = createMock({
      seed: seed('succeeds'),
      clock: { ...clock, sleep: (milliseconds) => new Promise((done) => (ring = () => (clock.pass(milliseconds / 1000), done()))) },
    })
    const changes: string[] = []
    mock.jobs.watch(({ from, to }) => changes.push(`${from} ${to}`))
    await ask(mock, 'POST', '/v3/jobs', customize)
    for (let count = 0; count < 2; count++) {
      ring()
      await new Promise(setImmediate)
    }
    expect(changes).toEqual(['undefined creating', 'creating fetching_image', 'fetching_image waiting_on_user'])
    mock.close()
  })

  it('goes on from the status of a job that was there', async () => {
    const clock = testClock()
    const was = createMock({ seed: seed('succeeds'), clock })
    const { data: job } = await ask(was, 'POST', '/v3/jobs', create)
    clock.pass(40)
    await ask(was, 'GET', '/v3/jobs')
    const kept = JSON.parse(JSON.stringify(was.records()))
    expect(kept.jobs[0].status).toBe('waiting_for_repos')
    clock.pass(20)
    const next = createMock({ seed: kept, clock })
    expect((await ask(next, 'GET', `/v3/jobs/${job.id}`)).data.status).toBe('building_image')
    const bare = createMock({ seed: { ...kept, jobs: [{ ...kept.jobs[0], mock: undefined }] }, clock })
    clock.pass(15)
    expect((await ask(bare, 'GET', `/v3/jobs/${job.id}`)).data.status).toBe('building_image')
  })

  it('leaves a job alone whose status was set by hand', async () => {
    const clock = testClock()
    const mock = createMock({ seed: seed('succeeds'), clock })
    const { data: job } = await ask(mock, 'POST', '/v3/jobs', create)
    await ask(mock, 'PATCH', `/v3/jobs/${job.id}`, { status: 'waiting_on_user', resultant_image_id: imageId.toUpperCase() })
    clock.pass(10_000)
    expect((await ask(mock, 'GET', `/v3/jobs/${job.id}`)).data).toMatchObject({ status: 'waiting_on_user', resultant_image_id: imageId })
    expect(mock.jobs.signal(job.id, 'complete')).toBe(true)
    expect((await ask(mock, 'GET', `/v3/jobs/${job.id}`)).data.status).toBe('error')
    expect(mock.jobs.signal(job.id, 'complete')).toBe(false)
  })

  it('says that a job is gone', async () => {
    const mock = createMock({ seed: seed('succeeds'), clock: testClock() })
    const { data: job } = await ask(mock, 'POST', '/v3/jobs', create)
    const changes: unknown[] = []
    mock.jobs.watch(({ job, from, to }) => changes.push([job.id, from, to]))
    await ask(mock, 'DELETE', `/v3/jobs/${job.id}`)
    expect(changes).toEqual([[job.id, 'creating', undefined]])
  })
})

describe('the resultant image', () => {
  it.each([
    ['create', create, 'x86_64'],
    ['customize', customize, 'aarch64'],
  ])('of %s is there before success, linked, with name and arch', async (_, job, arch) => {
    const clock = testClock()
    const mock = createMock({ seed: seed('succeeds'), clock })
    const { data: started } = await ask(mock, 'POST', '/v3/jobs', job)
    const states = new Map<string, number>()
    for (let second = 0; second < 2400; second += 5) {
      clock.pass(5)
      const { data } = await ask(mock, 'GET', `/v3/jobs/${started.id}`)
      if (data.status === 'waiting_on_user') mock.jobs.signal(started.id, 'complete')
      if (data.resultant_image_id === null) continue
      states.set(data.status, (states.get(data.status) ?? 0) + 1)
      const { status, data: image } = await ask(mock, 'GET', `/v3/images/${data.resultant_image_id}`)
      expect(status).toBe(200)
      expect(image).toMatchObject({ name: 'result', arch, metadata: {} })
      expect(image.link).toEqual({
        path: `s3://boot-images/${image.id}/manifest.json`,
        etag: expect.stringMatching(/^[0-9a-f]{32}$/),
        type: 's3',
      })
    }
    expect([...states.keys()]).toEqual(done)
    expect(states.get('packaging_artifacts')).toBe(2)
  })
})

describe('a new job', () => {
  const made = async (job: object) => (await ask(createMock({ seed: seed('succeeds'), clock: testClock() }), 'POST', '/v3/jobs', job)).data

  it.each([
    ['create', create, { ssh_containers: null, kernel_file_name: 'vmlinuz', require_dkms: true, arch: 'x86_64', build_env_size: 60 }],
    [
      'customize',
      customize,
      { ssh_containers: [{ name: 'customize', jail: false, status: 'pending' }], kernel_file_name: 'Image', arch: 'aarch64' },
    ],
    ['without DKMS, on aarch64', { ...customize, require_dkms: false }, { require_dkms: true }],
    ['without DKMS, on x86_64', { ...create, require_dkms: false }, { require_dkms: false }],
    ['a kernel of its own', { ...customize, kernel_file_name: 'bzImage' }, { kernel_file_name: 'bzImage' }],
    ['debug', { ...create, enable_debug: true }, { ssh_containers: [{ name: 'debug', jail: false }] }],
    [
      'a container of its own',
      { ...customize, ssh_containers: [{ name: 'cfs', jail: 'true' }] },
      { ssh_containers: [{ name: 'cfs', jail: true }] },
    ],
  ])('%s', async (_, job, expected) => expect(await made(job)).toMatchObject(expected))

  it.each([
    ['containers of create', { ...create, ssh_containers: [{ name: 'a' }] }, 400, 'User defined ssh containers'],
    ['two containers', { ...customize, ssh_containers: [{}, {}] }, 400, 'Only one SSH container'],
    ['no such key', { ...create, public_key_id: recipeId }, 400, `No IMS public-key record found matching id=${recipeId}`],
    ['no such image', { ...customize, artifact_id: recipeId }, 400, `No IMS image record found matching id=${recipeId}`],
  ])('is refused: %s', async (_, job, status, detail) => {
    expect(await made(job)).toMatchObject({ status, detail: expect.stringContaining(detail) })
  })
})
