import { describe, expect, it } from 'vitest'
import { createMock, type Seed } from '../../src/mock/library.ts'
import { cases } from '../golden/recorded.ts'

interface Exchange {
  name: string
  request: { method: string; path: string; query: string; body: string; contentType: string | undefined }
  response: { status: number; reason: string | undefined; contentType: string | undefined; body: string }
}

// The cases that were recorded with the real service, each exchange once, whatever format the client printed it in.
const exchanges = [
  ...new Map(
    cases
      .filter((one) => one.name.startsWith('live-'))
      .map(({ name, requests: [sent], responses: [got] }): Exchange => ({
        name: name.slice('live-'.length).replace(/--.*/, ''),
        request: { ...sent!, body: sent!.raw_body, contentType: sent!.headers['Content-Type'] },
        response: { status: got!.status, reason: got!.reason, contentType: got!.headers['Content-Type'], body: got!.body as string },
      }))
      .map((one) => [JSON.stringify([one.request.method, one.request.path, one.request.query, one.request.body, one.response]), one]),
  ).values(),
]

const body = (name: string) => JSON.parse(exchanges.find((one) => one.name === name)!.response.body)
const [firstRecipe, secondRecipe] = body('recipes-list')
const [firstImage, secondImage, ...otherImages] = body('images-list')
const nodes = [{ xname: 'x3000c0s99b0n0' }, { xname: 'x3000c0s17b0n0', mock: { arch: 'x86_64', jobs: 2 } }]

const world: Seed = {
  public_keys: [body('public-keys-describe')],
  recipes: [firstRecipe, secondRecipe],
  images: [firstImage, secondImage, ...otherImages],
  jobs: body('jobs-list'),
  remote_build_nodes: nodes,
  missing_artifacts: ['s3://ims/missing'],
}
const graveyard: Seed = {
  deleted_public_keys: [body('deleted-public-keys-describe')],
  deleted_recipes: [body('deleted-recipes-describe')],
  deleted_images: [body('deleted-images-describe')],
}

// What was there when a request was recorded, where its answer doesn't say so.
const before: Record<string, Seed> = {
  'images-create-full': {},
  'recipes-create-full': {},
  'images-update-meta-set': { images: [firstImage] },
  'images-update-link': { images: [{ ...secondImage, link: null, arch: 'x86_64' }] },
  'images-update-link-again': { images: [body('images-update-link')] },
  'recipes-update': { recipes: [secondRecipe] },
  'recipes-update-link': { recipes: [body('recipes-update')] },
  'recipes-update-link-again': { recipes: [body('recipes-update-link')] },
  'remote-build-nodes-status-list': { remote_build_nodes: nodes },
  'remote-build-nodes-status-describe': { remote_build_nodes: nodes },
}

function prepared({ name, request, response }: Exchange): Seed {
  if (before[name]) return before[name]
  if (request.path.includes('/deleted/')) {
    if (response.body === '[]\n') return {}
    return graveyard
  }
  const kind = request.path.split('/')[4]?.replaceAll('-', '_')
  if (request.method === 'GET' && response.status === 200 && request.path.includes('/v3/')) {
    if (kind === 'remote_build_nodes' && request.path.includes('/status')) return {}
    return { [kind!]: [JSON.parse(response.body)].flat() }
  }
  return world
}

// Ids and times differ from one run to the next; everything else must be the same, byte by byte.
const comparable = (text: string) =>
  text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID').replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/g, 'TIME')

// The recorded system had no signing keys to give to its jobs; the mock has some, as systems usually do.
const withKeys = ({ name, response }: Exchange): string =>
  name.startsWith('jobs-create')
    ? response.body.replace('"kubernetes_secret": null', '"kubernetes_secret": "cray-ims-ID-signing-keys"')
    : response.body

describe('the mock answers as the real service did', () => {
  it.each(exchanges.map((exchange) => [exchange.name, exchange] as const))('%s', async (_, exchange) => {
    const { request, response } = exchange
    const mock = createMock({ seed: prepared(exchange), speed: 'step' })
    const sent = new Request(`http://ims${request.path}${request.query && `?${request.query}`}`, {
      method: request.method,
      body: request.body === '' ? undefined : request.body,
      headers: request.contentType === undefined ? {} : { 'Content-Type': request.contentType },
    })
    const got = await mock.handle(sent)
    mock.close()
    expect({
      status: got.status,
      reason: got.statusText,
      contentType: got.headers.get('content-type'),
      body: comparable(await got.text()),
    }).toEqual({ ...response, body: comparable(withKeys(exchange)) })
  })

  it('plays every kind of exchange', () => expect(exchanges.length).toBeGreaterThan(70))
})
