import { describe, expect, it } from 'vitest'
import { createMock, type Mock, type Seed } from '../../src/mock/library.ts'
import { bodyText, readJson } from '../../src/mock/json-body.ts'
import { ask, countedIds, testClock } from '../support/mock-time.ts'

const [key, recipe, image, missing, bare] = ['1', '2', '3', '4', '5'].map((digit) => `${digit}0000000-0000-4000-8000-000000000001`)
const link = (path: string, etag = 'e') => ({ path, etag, type: 's3' })
const fields = { recipe_type: 'kiwi-ng', linux_distribution: 'sles15' }
const seed: Seed = {
  public_keys: [{ id: key, name: 'k', public_key: 'ssh-ed25519 AAAA' }],
  recipes: [
    { id: recipe, name: 'r', ...fields, link: link('s3://ims/r') },
    { id: bare, name: 'b', ...fields, link: link('s3://ims/b'), template_dictionary: null },
  ],
  images: [
    { id: image, name: 'i', arch: 'aarch64', link: link(`s3://boot-images/i/manifest.json`) },
    { id: missing, name: 'm', link: link('s3://boot-images/gone/manifest.json') },
  ],
  missing_artifacts: ['s3://boot-images/gone/manifest.json'],
}
const job = { job_type: 'create', artifact_id: recipe, public_key_id: key, image_root_archive_name: 'n' }
const made = () => createMock({ seed, clock: testClock(), newId: countedIds() })

/** The answer to a body that is sent as it is. */
async function send(mock: Mock, method: string, path: string, body?: string | Uint8Array<ArrayBuffer>) {
  const headers = { 'Content-Type': 'application/json' }
  const response = await mock.handle(new Request(`http://ims/apis/ims${path}`, { method, ...(body !== undefined && { body, headers }) }))
  return { status: response.status, allow: response.headers.get('allow'), text: await response.text() }
}

const crash = [500, '{"message": "Internal Server Error"}\n']
const unable = (errors: string) =>
  `{"status": 422, "title": "Unprocessable Entity", "detail": "Input data was understood, but failed validation. Re-run request with valid input values for the fields indicated in the response.", "errors": ${errors}}`
const posts: [path: string, body: string, status: number, text: unknown][] = [
  ['/v3/images', '[1]', ...(crash as [number, string])],
  ['/v3/images', '7', ...(crash as [number, string])],
  ['/v3/images', 'true', ...(crash as [number, string])],
  ['/v3/images', '"name"', ...(crash as [number, string])],
  ['/v3/images', 'NaN', ...(crash as [number, string])],
  ['/images', '[1]', ...(crash as [number, string])],
  ['/v3/images', '{"name": "x", "metadata": {"key": []}}', ...(crash as [number, string])],
  ['/v3/jobs', '7', ...(crash as [number, string])],
  ['/v3/jobs', 'NaN', ...(crash as [number, string])],
  ['/v3/jobs', '["require_dkms"]', ...(crash as [number, string])],
  [
    '/v3/jobs',
    `{"job_type": "create", "artifact_id": "${bare}", "public_key_id": "${key}", "image_root_archive_name": "n"}`,
    ...(crash as [number, string]),
  ],
  ['/v3/jobs', '[1]', 422, unable('{"_schema": ["Invalid input type."]}')],
  ['/v3/recipes', '[1]', 422, unable('{"_schema": ["Invalid input type."]}')],
  ['/v3/recipes', 'NaN', 422, unable('{"_schema": ["Invalid input type."]}')],
  ['/v3/images', '0', 400, expect.stringContaining('No input provided.')],
  ['/v3/images', '{"name": NaN}', 422, unable('{"name": ["Not a valid string."]}')],
  ['/v3/images', '{"name": "NaN, \\"Infinity", "arch": -Infinity}', 422, unable('{"arch": ["Not a valid string."]}')],
  ['/v3/images', '{"name": Nan}', 400, expect.stringContaining('could not understand')],
  ['/v3/images', '{"name": "x", "metadata": null}', 422, unable('{"metadata": ["Field may not be null."]}')],
  [
    '/v3/images',
    '{"name": "x", "metadata": {"a": null, "b": 1}}',
    422,
    unable('{"metadata": {"a": {"value": ["Field may not be null."]}, "b": {"value": ["Not a valid string."]}}}'),
  ],
  [
    '/v3/images',
    '{"name": "x", "metadata": {"key": "a", "value": null}}',
    422,
    unable('{"metadata": {"a": {"value": ["Field may not be null."]}}}'),
  ],
  [
    '/v3/images',
    '{"name": "x", "metadata": {"key": 5, "value": 6}}',
    422,
    unable('{"metadata": {"5": {"key": ["Not a valid string."], "value": ["Not a valid string."]}}}'),
  ],
  ['/v3/images', '{"name": "x", "metadata": {"key": null}}', 422, unable('{"metadata": {"null": {"key": ["Field may not be null."]}}}')],
  ['/v3/images', '\ufeff{"name": "x"}', 201, expect.stringContaining('"name": "x"')],
  [
    '/v3/recipes',
    JSON.stringify({ name: 'x', ...fields, template_dictionary: null }),
    201,
    expect.stringContaining('"template_dictionary": null'),
  ],
  ['/v3/recipes', JSON.stringify({ name: 'x', ...fields }), 201, expect.stringContaining('"template_dictionary": []')],
  [
    '/v3/jobs',
    JSON.stringify(job),
    201,
    expect.stringContaining('"kubernetes_secret": "cray-ims-00000000-0000-4000-8000-000000000001-signing-keys"'),
  ],
]

describe('the service', () => {
  it.each(posts)('POST %s %s', async (path, body, status, text) => {
    const answer = await send(made(), 'POST', path, body)
    expect([answer.status, answer.text]).toEqual([status, text])
  })

  it('reads other encodings of JSON', async () => {
    const text = '{"name": "naïve"}'
    const utf16 = (order: 'LE' | 'BE') =>
      new Uint8Array([...text].flatMap((letter) => [letter.charCodeAt(0), 0]).map((_, at, all) => all[order === 'LE' ? at : at ^ 1]!))
    expect(bodyText(utf16('LE'))).toBe(text)
    expect(bodyText(utf16('BE'))).toBe(text)
    expect(bodyText(new Uint8Array([...text].flatMap((letter) => [0, 0, 0, letter.charCodeAt(0)])))).toBe(text)
    expect(bodyText(Buffer.from('\ufeff{}'))).toBe('{}')
    expect(readJson('[NaN, -Infinity, {"__proto__": NaN}]')).toEqual([
      NaN,
      -Infinity,
      JSON.parse('{"__proto__": null}', (_, value) => value ?? NaN),
    ])
    expect((await send(made(), 'POST', '/v3/images', utf16('LE'))).status).toBe(201)
    expect((await send(made(), 'POST', '/v3/images', new Uint8Array([0x7b, 0xff, 0x7d]))).status).toBe(400)
  })

  it('fails over a patch that takes the variables away, once the fields before it are set', async () => {
    const mock = made()
    expect((await send(mock, 'PATCH', `/v3/recipes/${recipe}`, '{"arch": "aarch64", "template_dictionary": null}')).status).toBe(500)
    expect((await ask(mock, 'GET', `/v3/recipes/${recipe}`)).data).toMatchObject({ arch: 'aarch64', template_dictionary: [] })
  })

  it.each([
    ['PUT', '/v3/images', 'GET, DELETE, POST, HEAD, OPTIONS', true],
    ['PATCH', `/v3/public-keys/${key}`, 'GET, DELETE, HEAD, OPTIONS', true],
    ['PUT', `/images/${image}`, 'GET, DELETE, PATCH, HEAD, OPTIONS', true],
    ['POST', '/version', 'GET, HEAD, OPTIONS', false],
  ])('%s %s is not a method of the path', async (method, path, allow, detailed) => {
    const text = 'The method is not allowed for the requested URL.'
    const answer = await send(made(), method, path, '{}')
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      405,
      { message: text, ...(detailed && { status: 405, title: 'Method Not Allowed', detail: text }) },
    ])
    expect(Object.keys(JSON.parse(answer.text))[0]).toBe('message')
    expect(answer.allow?.split(', ').toSorted()).toEqual(allow.split(', ').toSorted())
  })

  it.each([
    ['/v3/images', 'DELETE, GET, HEAD, OPTIONS, POST'],
    ['/jobs/x', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['/v3/deleted/images', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['/healthz/live', 'GET, HEAD, OPTIONS'],
  ])('OPTIONS %s', async (path, allow) => {
    const answer = await send(made(), 'OPTIONS', path)
    expect([answer.status, answer.text, answer.allow?.split(', ').toSorted().join(', ')]).toEqual([200, '', allow])
  })

  it('gives an image back as x86_64, with an entity tag of its copy', async () => {
    const mock = made()
    await ask(mock, 'DELETE', `/v3/images/${image}`)
    await ask(mock, 'PATCH', `/v3/deleted/images/${image}`, { operation: 'undelete' })
    const { data } = await ask(mock, 'GET', `/v3/images/${image}`)
    expect(data).toMatchObject({
      arch: 'x86_64',
      link: { path: 's3://boot-images/i/manifest.json', etag: expect.stringMatching(/^[0-9a-f]{32}$/) },
    })
  })
})

describe('versions of the API', () => {
  const kinds = [
    ['recipes', recipe],
    ['images', image],
    ['public-keys', key],
  ] as const

  it.each(['', '/v2', '/v3'])('%j has the same records', async (version) => {
    const mock = made()
    for (const [kind, id] of kinds) {
      expect((await ask(mock, 'GET', `${version}/${kind}`)).text).toBe((await ask(mock, 'GET', `/v3/${kind}`)).text)
      expect((await ask(mock, 'GET', `${version}/${kind}/${id}`)).status).toBe(200)
    }
    expect((await ask(mock, 'POST', `${version}/jobs`, job)).status).toBe(201)
    expect((await ask(mock, 'GET', `${version}/jobs`)).data).toHaveLength(1)
    expect((await ask(mock, 'DELETE', `${version}/jobs?status=creating`)).status).toBe(204)
    expect((await ask(mock, 'GET', '/v3/jobs')).data).toEqual([])
  })

  it.each(['', '/v2'])('%j deletes for good', async (version) => {
    for (const [kind, id] of kinds) {
      const mock = made()
      expect((await ask(mock, 'DELETE', `${version}/${kind}/${id}`)).status).toBe(204)
      expect((await ask(mock, 'DELETE', `${version}/${kind}/${id}`)).status).toBe(404)
      expect((await ask(mock, 'DELETE', `${version}/${kind}?cascade=false`)).status).toBe(204)
      expect((await ask(mock, 'GET', `/v3/${kind}`)).data).toEqual([])
      expect((await ask(mock, 'GET', `/v3/deleted/${kind}`)).data).toEqual([])
    }
  })

  it.each([
    ['DELETE', `/images/${missing}`, 500],
    ['DELETE', `/v2/images/${missing}?cascade=yes`, 500],
    ['DELETE', `/v2/images/${missing}?cascade=False`, 204],
    ['DELETE', '/v2/images', 500],
    ['DELETE', `/v3/images/${missing}`, 204],
    ['GET', '/remote-build-nodes', 404],
    ['GET', '/v2/remote-build-nodes', 404],
    ['GET', '/v2/deleted/images', 404],
    ['GET', '/deleted/images', 404],
    ['GET', '/v2/version', 404],
    ['GET', '/v2/healthz/live', 404],
    ['GET', '/v2', 404],
  ])('%s %s: %i', async (method, path, status) => expect((await ask(made(), method, path)).status).toBe(status))

  it('takes what a job and the upload helpers send', async () => {
    const mock = made()
    const { data: created } = await ask(mock, 'POST', '/jobs', job)
    const { data: record } = await ask(mock, 'POST', '/images', { name: 'n', arch: 'x86_64' })
    const stored = link(`s3://boot-images/${record.id}/manifest.json`)
    expect((await ask(mock, 'PATCH', `/images/${record.id}`, { link: stored })).data.link).toEqual(stored)
    expect((await ask(mock, 'PATCH', `/jobs/${created.id}`, { resultant_image_id: record.id.toUpperCase() })).data.resultant_image_id).toBe(
      record.id.toUpperCase(),
    )
    expect((await ask(mock, 'PATCH', `/jobs/${created.id}`, { status: 'success' })).data.status).toBe('success')
    const { data: uploaded } = await ask(mock, 'POST', '/recipes', { name: 'u', ...fields, template_dictionary: null })
    expect((await ask(mock, 'PATCH', `/recipes/${uploaded.id}`, { link: link('s3://ims/u') })).status).toBe(200)
  })

  it.each([
    [
      'images',
      missing,
      /^Unable to read manifest file for the s3 artifact \{'path': 's3:\/\/boot-images\/gone\/manifest\.json', 'etag': 'e', 'type': 's3'\}\. /,
    ],
    ['recipes', recipe, /^The s3 artifact \{'path': 's3:\/\/ims\/r', .*\} cannot be validated\. /],
  ])('what the store has lost stays where it was, and deleted: %s', async (kind, id, detail) => {
    const mock = createMock({ seed: { ...seed, missing_artifacts: [...seed.missing_artifacts!, 's3://ims/r'] } })
    const { data: before } = await ask(mock, 'GET', `/v3/${kind}/${id}`)
    expect((await ask(mock, 'DELETE', `/v3/${kind}/${id}`)).status).toBe(204)
    expect((await ask(mock, 'GET', `/v3/deleted/${kind}/${id}`)).data.link).toEqual(before.link)
    const { status, data } = await ask(mock, 'PATCH', `/v3/deleted/${kind}/${id}`, { operation: 'undelete' })
    expect([status, data.detail]).toEqual([422, expect.stringMatching(detail)])
    expect((await ask(mock, 'GET', `/v3/${kind}/${id}`)).status).toBe(404)
  })

  it.each(kinds)('PATCH /deleted/%s brings all back', async (kind) => {
    const mock = createMock({ seed: { ...seed, missing_artifacts: [] } })
    const { data: before } = await ask(mock, 'GET', `/v3/${kind}`)
    await ask(mock, 'DELETE', `/v3/${kind}`)
    expect((await send(mock, 'PATCH', `/v3/deleted/${kind}`, '{}')).status).toBe(400)
    expect((await send(mock, 'PATCH', `/v3/deleted/${kind}`, '{"operation": "revive"}')).status).toBe(422)
    expect((await ask(mock, 'PATCH', `/v3/deleted/${kind}`, { operation: 'undelete' })).status).toBe(204)
    expect((await ask(mock, 'GET', `/v3/${kind}`)).data.map(({ id }: { id: string }) => id)).toEqual(
      before.map(({ id }: { id: string }) => id),
    )
  })

  it.each(['', '/v2', '/v3'])('a fault of /jobs is one of %j/jobs', async (version) => {
    expect((await ask(createMock({ seed, faults: ['GET /jobs 500'] }), 'GET', `${version}/jobs`)).status).toBe(500)
  })
})
