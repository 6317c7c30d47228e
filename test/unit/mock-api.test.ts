import nodeHttp from 'node:http'
import { http } from 'msw'
import { setupServer } from 'msw/node'
import { describe, expect, it } from 'vitest'
import { createMock, type Seed } from '../../src/mock/library.ts'
import { ageOf } from '../../src/mock/jobs.ts'
import { requestFields } from '../../src/mock/request-fields.ts'
import { errorsIn, readUuid } from '../../src/mock/validation.ts'
import { ask, countedIds, testClock } from '../support/mock-time.ts'

const missing = ['Missing data for required field.']
const recipe = { name: 'r', recipe_type: 'kiwi-ng', linux_distribution: 'sles15' }
const id = '20000000-0000-4000-8000-000000000001'
const job = { artifact_id: id, public_key_id: id, job_type: 'create', image_root_archive_name: 'i' }

const checks: [keyof typeof requestFields, unknown, unknown][] = [
  ['createRecipe', recipe, undefined],
  ['createRecipe', {}, { name: missing, recipe_type: missing, linux_distribution: missing }],
  ['createRecipe', [], { _schema: ['Invalid input type.'] }],
  ['createRecipe', { ...recipe, name: 1 }, { name: ['Not a valid string.'] }],
  ['createRecipe', { ...recipe, name: null }, { name: ['Field may not be null.'] }],
  ['createRecipe', { ...recipe, name: '' }, { name: ['name field must not be blank'] }],
  ['createRecipe', { ...recipe, recipe_type: 'x' }, { recipe_type: ['Recipe type must be one of: kiwi-ng, packer.'] }],
  [
    'createRecipe',
    { ...recipe, linux_distribution: 'x' },
    { linux_distribution: ['Recipe type must be one of: sles12, sles15, centos7.'] },
  ],
  ['createRecipe', { ...recipe, arch: 'x' }, { arch: ['Must be one of: aarch64, x86_64.'] }],
  ['createRecipe', { ...recipe, id: 'x', color: 'x' }, { id: ['Unknown field.'], color: ['Unknown field.'] }],
  ['createRecipe', { ...recipe, link: null, template_dictionary: null }, undefined],
  ['createRecipe', { ...recipe, link: 'x' }, { link: { _schema: ['Invalid input type.'] } }],
  [
    'createRecipe',
    { ...recipe, link: { path: '', type: 's3', x: 1 } },
    { link: { path: ['name field must not be blank'], x: ['Unknown field.'] } },
  ],
  [
    'createRecipe',
    { ...recipe, template_dictionary: [{ key: 'a', value: 'b' }, { key: 'a' }] },
    { template_dictionary: { 1: { value: missing } } },
  ],
  [
    'createRecipe',
    { ...recipe, template_dictionary: [null, 1] },
    { template_dictionary: { 0: ['Field may not be null.'], 1: { _schema: ['Invalid input type.'] } } },
  ],
  ['createRecipe', { ...recipe, template_dictionary: {} }, { template_dictionary: ['Not a valid list.'] }],
  ['createRecipe', { ...recipe, require_dkms: 'maybe' }, { require_dkms: ['Not a valid boolean.'] }],
  ['createRecipe', { ...recipe, require_dkms: 'yes' }, undefined],
  ['updateRecipe', {}, undefined],
  ['updateRecipe', { link: null }, { link: ['Field may not be null.'] }],
  ['updateRecipe', { name: 'x' }, { name: ['Unknown field.'] }],
  ['createImage', { name: 'x', metadata: { a: 'b' } }, undefined],
  ['createImage', { name: 'x', metadata: { a: 1 } }, { metadata: { a: { value: ['Not a valid string.'] } } }],
  ['createImage', { name: 'x', metadata: null }, { metadata: ['Field may not be null.'] }],
  [
    'createImage',
    { name: 'x', metadata: { a: null, b: 'c', d: 2 } },
    { metadata: { a: { value: ['Field may not be null.'] }, d: { value: ['Not a valid string.'] } } },
  ],
  [
    'createImage',
    { name: 'x', metadata: new Map<unknown, unknown>([[5, null]]) },
    { metadata: { 5: { key: ['Not a valid string.'], value: ['Field may not be null.'] } } },
  ],
  ['createImage', { name: 'x', metadata: [] }, { metadata: ['Not a valid mapping type.'] }],
  ['updateImage', { metadata: {} }, { metadata: { operation: missing, key: missing } }],
  ['updateImage', { metadata: { operation: 'x', key: 'a' } }, { metadata: { operation: ['Must be one of: set, remove.'] } }],
  ['updateImage', { metadata: { operation: 'remove', key: 'a' } }, undefined],
  ['createPublicKey', { name: 'k', public_key: '' }, { public_key: ['public_key field must not be blank'] }],
  ['createRemoteBuildNode', { xname: '' }, { xname: ['name field must not be blank'] }],
  ['createJob', job, undefined],
  ['createJob', {}, { artifact_id: missing, public_key_id: missing, job_type: missing, image_root_archive_name: missing }],
  ['createJob', { ...job, job_type: 'x' }, { job_type: ['Job type must be one of: create, customize.'] }],
  ['createJob', { ...job, build_env_size: 0 }, { build_env_size: ['build_env_size must be greater than or equal to 1'] }],
  [
    'createJob',
    { ...job, build_env_size: true, job_mem_size: false },
    { build_env_size: ['Not a valid integer.'], job_mem_size: ['Not a valid integer.'] },
  ],
  [
    'createJob',
    { ...job, build_env_size: NaN, job_mem_size: Infinity },
    { build_env_size: ['Not a valid integer.'], job_mem_size: ['Number too large.'] },
  ],
  ['createJob', { ...job, ssh_containers: [null] }, { ssh_containers: { 0: ['Field may not be null.'] } }],
  ['createJob', { ...job, build_env_size: 'x' }, { build_env_size: ['Not a valid integer.'] }],
  ['createJob', { ...job, build_env_size: '20', job_mem_size: 4, ssh_containers: null }, undefined],
  [
    'createJob',
    { ...job, ssh_containers: [{ jail: 'x', name: 1 }] },
    { ssh_containers: { 0: { name: ['Not a valid string.'], jail: ['Not a valid boolean.'] } } },
  ],
  ['createJob', { ...job, initrd_file_name: '' }, { initrd_file_name: ['initrd_file_name field must not be blank'] }],
  ['createJob', { ...job, kernel_file_name: '' }, undefined],
  ['updateJob', { status: 'packaging_artifacts' }, undefined],
  [
    'updateJob',
    { status: 'x', resultant_image_id: 'y', build_env_size: 1 },
    {
      status: [
        'Job state must be one of: creating, fetching_image, fetching_recipe, waiting_for_repos, building_image, packaging_artifacts, waiting_on_user, error, success.',
      ],
      resultant_image_id: ['Not a valid UUID.'],
      build_env_size: ['Unknown field.'],
    },
  ],
  ['restore', { operation: 'x' }, { operation: ['Recipe type must be one of: undelete.'] }],
]

describe('fields of requests', () => {
  it.each(checks)('%s %j', (request, data, errors) => expect(errorsIn(requestFields[request], data)).toEqual(errors))

  it('errors come in the order of the service', () => {
    expect(Object.keys(errorsIn(requestFields.createJob, { x: 1 })!)).toEqual([...Object.keys(job), 'x'])
  })

  it.each([
    ['D88521C3-B339-43BC-AFDA-AFDFDA126388', 'd88521c3-b339-43bc-afda-afdfda126388'],
    ['{d88521c3b33943bcafdaafdfda126388}', 'd88521c3-b339-43bc-afda-afdfda126388'],
    ['d88521c3', undefined],
    [7, undefined],
  ])('%s as UUID', (text, uuid) => expect(readUuid(text)).toBe(uuid))
})

describe('errors', () => {
  const seed: Seed = { images: [{ id, name: 'i' }] }
  const sent = async (method: string, path: string, body?: string, type = 'application/json') => {
    const response = await createMock({ seed }).handle(
      new Request(`http://ims/apis/ims${path}`, { method, body, ...(body !== undefined && { headers: { 'Content-Type': type } }) }),
    )
    return [response.status, response.statusText, response.headers.get('content-type')]
  }

  it.each([
    ['POST', '/v3/images', '{}', 'application/json', [400, 'BAD REQUEST', 'application/problem+json']],
    ['POST', '/v3/images', '{', 'application/json', [400, 'BAD REQUEST', 'application/json']],
    ['POST', '/v3/images', '', 'application/json', [400, 'BAD REQUEST', 'application/json']],
    ['POST', '/v3/images', '{}', 'text/plain', [415, 'UNSUPPORTED MEDIA TYPE', 'application/json']],
    ['POST', '/v3/images', '{"name":"x"}', 'application/json; charset=utf-8', [201, 'CREATED', 'application/json']],
    ['PUT', '/v3/images', '{}', 'application/json', [405, 'METHOD NOT ALLOWED', 'application/json']],
    ['PATCH', `/v3/images/${id}`, '{}', 'application/json', [400, 'BAD REQUEST', 'application/problem+json']],
    ['PATCH', `/v3/public-keys/${id}`, '{}', 'application/json', [405, 'METHOD NOT ALLOWED', 'application/json']],
    ['GET', '/v3/pictures', undefined, undefined, [404, 'NOT FOUND', 'application/problem+json']],
    ['GET', '/v3/images/', undefined, undefined, [404, 'NOT FOUND', 'application/problem+json']],
    ['GET', '/v1/images', undefined, undefined, [404, 'NOT FOUND', 'application/problem+json']],
    ['GET', `/v3/images/${id.replace('-', '%2F')}`, undefined, undefined, [404, 'NOT FOUND', 'application/problem+json']],
    ['GET', '/v3/constructor/toString', undefined, undefined, [404, 'NOT FOUND', 'application/problem+json']],
    ['GET', '/version', undefined, undefined, [200, 'OK', 'application/json']],
    ['GET', '/v3/version', undefined, undefined, [404, 'NOT FOUND', 'application/problem+json']],
    ['OPTIONS', '/v3/images', undefined, undefined, [200, 'OK', 'text/html; charset=utf-8']],
    ['OPTIONS', '/v3/pictures', undefined, undefined, [404, 'NOT FOUND', 'application/problem+json']],
    ['GET', '/healthz/live', undefined, undefined, [200, 'OK', 'application/json']],
    ['GET', '/healthz/ready', undefined, undefined, [200, 'OK', 'application/json']],
    ['HEAD', '/v3/images', undefined, undefined, [200, 'OK', 'application/json']],
  ])('%s %s %s', async (method, path, body, type, expected) => expect(await sent(method, path, body, type)).toEqual(expected))
})

describe('soft deletion', () => {
  const records: [string, object][] = [
    [
      'recipes',
      { ...recipe, link: { path: 's3://ims/recipes/a/b.tgz', etag: 'e', type: 's3' }, template_dictionary: [{ key: 'a', value: 'b' }] },
    ],
    ['recipes', { ...recipe, link: null }],
    [
      'images',
      { name: 'i', link: { path: 's3://boot-images/x/manifest.json', etag: 'e', type: 's3' }, metadata: { key: 'k', value: 'v' } },
    ],
    ['images', { name: 'i' }],
    ['public-keys', { name: 'k', public_key: 'ssh-rsa A' }],
  ]

  it.each(records)('of %s %j, and back', async (kind, data) => {
    const mock = createMock({ seed: {}, clock: testClock() })
    const { data: made, text } = await ask(mock, 'POST', `/v3/${kind}`, data)
    expect((await ask(mock, 'DELETE', `/v3/${kind}/${made.id}`)).status).toBe(204)
    expect((await ask(mock, 'GET', `/v3/${kind}/${made.id}`)).status).toBe(404)
    expect((await ask(mock, 'GET', `/v3/${kind}`)).data).toEqual([])
    const { data: deleted } = await ask(mock, 'GET', `/v3/deleted/${kind}/${made.id}`)
    expect(deleted).toMatchObject({ id: made.id, name: made.name, deleted: '2026-01-02T03:04:05.000000' })
    if (made.link) expect(deleted.link.path).toMatch(/^s3:\/\/[a-z-]+\/deleted\//)
    expect((await ask(mock, 'PATCH', `/v3/deleted/${kind}/${made.id}`, { operation: 'undelete' })).status).toBe(204)
    expect((await ask(mock, 'GET', `/v3/deleted/${kind}`)).data).toEqual([])
    const { data: back } = await ask(mock, 'GET', `/v3/${kind}/${made.id}`)
    const copy = made.link ? { link: { ...made.link, etag: expect.not.stringMatching(/^(e|)$/) } } : {}
    expect(back).toEqual({ ...JSON.parse(text), ...copy })
  })

  it.each(['recipes', 'images', 'public-keys'])('of all %s, back, and for good', async (kind) => {
    const data = { recipes: recipe, images: { name: 'i' }, 'public-keys': { name: 'k', public_key: 'x' } }[kind]
    const mock = createMock({ seed: {} })
    const count = async (path: string) => (await ask(mock, 'GET', path)).data.length
    for (let made = 0; made < 3; made++) await ask(mock, 'POST', `/v3/${kind}`, data)
    await ask(mock, 'DELETE', `/v3/${kind}`)
    expect([await count(`/v3/${kind}`), await count(`/v3/deleted/${kind}`)]).toEqual([0, 3])
    await ask(mock, 'PATCH', `/v3/deleted/${kind}`, { operation: 'undelete' })
    expect([await count(`/v3/${kind}`), await count(`/v3/deleted/${kind}`)]).toEqual([3, 0])
    await ask(mock, 'DELETE', `/v3/${kind}`)
    await ask(mock, 'DELETE', `/v3/deleted/${kind}`)
    expect([await count(`/v3/${kind}`), await count(`/v3/deleted/${kind}`)]).toEqual([0, 0])
  })
})

describe('changing records', () => {
  it('sets and removes metadata one at a time', async () => {
    const mock = createMock({ seed: { images: [{ id, name: 'i' }] } })
    const patch = async (metadata: object) => (await ask(mock, 'PATCH', `/v3/images/${id}`, { metadata })).data.metadata
    expect(await patch({ operation: 'set', key: 'a', value: '1' })).toEqual({ a: '1' })
    expect(await patch({ operation: 'set', key: '__proto__' })).toEqual(JSON.parse('{"a":"1","__proto__":""}'))
    expect(await patch({ operation: 'remove', key: '__proto__' })).toEqual({ a: '1' })
    expect(await patch({ operation: 'remove', key: 'b' })).toEqual({ a: '1' })
  })

  it('lists what it changed', async () => {
    const mock = createMock({ seed: { images: [{ id, name: 'née' }] } })
    expect((await ask(mock, 'GET', '/v3/images')).text).toContain('"name":"n\\u00e9e"')
    await ask(mock, 'PATCH', `/v3/images/${id}`, { arch: 'aarch64' })
    expect((await ask(mock, 'GET', '/v3/images')).data[0].arch).toBe('aarch64')
  })

  it('refuses an image whose manifest another image has', async () => {
    const link = { path: 's3://boot-images/x/manifest.json', type: 's3' }
    const mock = createMock({ seed: { images: [{ id, name: 'i', link }] } })
    const { data } = await ask(mock, 'POST', '/v3/images', { name: 'j', link })
    expect(data).toMatchObject({ status: 422, detail: expect.stringContaining(`IMS image record ${id}`) })
  })

  it('gives jobs to the node of their arch that has the fewest', async () => {
    const mock = createMock({
      seed: {
        recipes: [{ ...recipe, id, link: { path: 's3://ims/r', type: 's3' } } as never],
        public_keys: [{ id, name: 'k', public_key: 'x' }],
        remote_build_nodes: [
          { xname: 'x1' },
          { xname: 'x2', mock: { arch: 'aarch64' } },
          { xname: 'x3', mock: { arch: 'x86_64' } },
          { xname: 'x4', mock: { arch: 'x86_64' } },
        ],
      },
    })
    const nodes: string[] = []
    for (let made = 0; made < 3; made++) nodes.push((await ask(mock, 'POST', '/v3/jobs', job)).data.remote_build_node)
    expect(nodes).toEqual(['x3', 'x4', 'x3'])
  })
})

describe('deleting jobs', () => {
  const hour = 3_600_000
  const aged = (name: string, hours: number, rest: object) => ({
    ...job,
    image_root_archive_name: name,
    created: new Date(testClock().now() - hours * hour).toISOString().replace('Z', ''),
    ...rest,
  })
  const jobs = [
    aged('new', 1, { status: 'building_image' }),
    aged('old', 30, { status: 'error' }),
    aged('older', 200, { status: 'success', job_type: 'customize' }),
  ] as Seed['jobs']

  it.each([
    ['', []],
    ['?age=1d', ['new']],
    ['?age=1w', ['new', 'old']],
    ['?age=abc', []],
    ['?age=7', []],
    ['?age=2%20months', []],
    ['?age=', []],
    ['?status=error', ['new', 'older']],
    ['?status=error&status=SUCCESS', ['new']],
    ['?job_type=customize', ['new', 'old']],
    ['?job_type=', []],
    ['?status=error&age=2d', ['new', 'old', 'older']],
  ])('%j leaves %j', async (query, left) => {
    const mock = createMock({ seed: { jobs }, clock: testClock(), newId: countedIds() })
    expect((await ask(mock, 'DELETE', `/v3/jobs${query}`)).status).toBe(204)
    expect(
      (await ask(mock, 'GET', '/v3/jobs')).data.map((one: { image_root_archive_name: string }) => one.image_root_archive_name),
    ).toEqual(left)
  })

  it.each(['?status=done', '?job_type=make'])('%s is refused', async (query) => {
    const mock = createMock({ seed: { jobs }, newId: countedIds() })
    const { data } = await ask(mock, 'DELETE', `/v3/jobs${query}`)
    expect(data).toEqual({ status: 400, title: expect.stringContaining('Unsupported') })
    expect((await ask(mock, 'GET', '/v3/jobs')).data).toHaveLength(3)
  })

  it.each([
    ['1d', 24],
    ['1d12h', 25],
    ['12h', 12],
    ['2weeks', 336],
    ['90m', 1.5],
    ['7', 0],
  ])('reads the age %s as the service does', (text, hours) => expect(ageOf(text)).toBe(hours * hour))
})

describe('a seed', () => {
  it.each([
    [{ recipes: [{ name: 'x' }] }, 'recipes[0].recipe_type: Missing data for required field.'],
    [{ recipe: [] }, 'recipe: not one of'],
    [{ images: {} }, 'images: not a list'],
    [{ images: [1] }, 'images[0]: not an object'],
    [{ images: [{ name: 'x', link: { path: 'x' } }] }, 'images[0].link.type: Missing'],
    [{ images: [{ name: 'x', mock: { builds: 'x' } }] }, 'images[0].mock.builds: not one of succeeds, fails'],
    [{ jobs: [{ ...job, status: 'x' }] }, 'jobs[0].status: not one of'],
  ])('%j is refused', (seed, text) => expect(() => createMock({ seed: seed as never })).toThrow(text))

  it('serves the default one, where one recipe fails, and never says so', async () => {
    const mock = createMock()
    expect(JSON.stringify(mock.records().recipes)).toContain('"mock":{"builds":"fails"}')
    const { text, data } = await ask(mock, 'GET', '/v3/recipes')
    expect(text).not.toContain('mock')
    expect(new Set(data.map((one: { arch: string }) => one.arch))).toEqual(new Set(['x86_64', 'aarch64']))
    await ask(mock, 'DELETE', '/v3/recipes')
    expect((await ask(createMock(), 'GET', '/v3/recipes')).data).toHaveLength(data.length)
  })
})

describe('msw', () => {
  it('answers node:http with it', async () => {
    const mock = createMock({ faults: ['GET /jobs reset'] })
    const server = setupServer(http.all('*', ({ request }) => mock.handle(request)))
    server.listen()
    try {
      const got = await new Promise<[number, string, string]>((done, fail) => {
        nodeHttp
          .request('http://ims.local/apis/ims/v3/images/nope', { method: 'DELETE' }, async (response) => {
            let text = ''
            for await (const chunk of response) text += chunk
            done([response.statusCode!, response.statusMessage!, text])
          })
          .on('error', fail)
          .end()
      })
      expect(got).toEqual([404, 'NOT FOUND', expect.stringContaining('"title": "Not Found"')])
      await expect(fetch('http://ims.local/apis/ims/v3/jobs')).rejects.toThrow()
    } finally {
      server.close()
      mock.close()
    }
  })
})
