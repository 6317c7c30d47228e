import { afterEach, expect, test } from 'vitest'
import { CliError, ImsClient, ServerError } from '../../src/library.ts'
import { serveHttp, type Loopback } from '../support/loopback.ts'

const undone: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const undo of undone.splice(0).reverse()) await undo()
})

async function client(
  answer: (method: string, path: string) => { status?: number; body?: string },
  token?: ConstructorParameters<typeof ImsClient>[0]['token'],
) {
  const sent: [string, string, unknown, string | undefined][] = []
  const server: Loopback = await serveHttp((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => {
        const text = Buffer.concat(chunks).toString()
        sent.push([request.method!, request.url!, text && JSON.parse(text), request.headers.authorization])
        const { status = 200, body = '' } = answer(request.method!, request.url!)
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(body)
      })
  })
  const ims = new ImsClient({ hostname: server.url, env: {}, retries: 0, token })
  undone.push(
    () => server.close(),
    () => ims.close(),
  )
  return { ims, sent, server }
}

test('every call is the request that the service knows', async () => {
  const { ims, sent } = await client((method) => (method === 'GET' || method === 'POST' ? { body: '[]' } : { status: 204 }))
  await ims.version()
  await ims.publicKeys.create({ name: 'n', public_key: 'ssh-ed25519 AAAA' })
  await ims.publicKeys.deleteAll()
  await ims.recipes.update('a/b', { arch: 'aarch64' })
  await ims.images.describe('1')
  await ims.images.update('1', { metadata: { operation: 'set', key: 'k', value: 'v' } })
  await ims.jobs.delete('1')
  await ims.jobs.deleteAll({ age: '7d', status: 'error' })
  await ims.jobs.deleteAll()
  await ims.remoteBuildNodes.create({ xname: 'x3000' })
  await ims.remoteBuildNodes.status.list()
  await ims.remoteBuildNodes.status.describe('x3000')
  await ims.deleted.images.undelete('1')
  await ims.deleted.recipes.list()
  await ims.deleted.publicKeys.deleteAll()
  expect(sent.map(([method, url, body]) => (body ? [method, url, body] : [method, url]))).toEqual([
    ['GET', '/apis/ims/version'],
    ['POST', '/apis/ims/v3/public-keys', { name: 'n', public_key: 'ssh-ed25519 AAAA' }],
    ['DELETE', '/apis/ims/v3/public-keys'],
    ['PATCH', '/apis/ims/v3/recipes/a%2Fb', { arch: 'aarch64' }],
    ['GET', '/apis/ims/v3/images/1'],
    ['PATCH', '/apis/ims/v3/images/1', { metadata: { operation: 'set', key: 'k', value: 'v' } }],
    ['DELETE', '/apis/ims/v3/jobs/1'],
    ['DELETE', '/apis/ims/v3/jobs?age=7d&status=error'],
    ['DELETE', '/apis/ims/v3/jobs'],
    ['POST', '/apis/ims/v3/remote-build-nodes', { xname: 'x3000' }],
    ['GET', '/apis/ims/v3/remote-build-nodes/status'],
    ['GET', '/apis/ims/v3/remote-build-nodes/status/x3000'],
    ['PATCH', '/apis/ims/v3/deleted/images/1', { operation: 'undelete' }],
    ['GET', '/apis/ims/v3/deleted/recipes'],
    ['DELETE', '/apis/ims/v3/deleted/public-keys'],
  ])
})

test('records are plain data', async () => {
  const { ims } = await client(() => ({ body: '[{"id":"1","build_env_size":60,"link":null,"__proto__":{"x":1}}]' }))
  const [job] = await ims.jobs.list()
  expect(job).toMatchObject({ id: '1', build_env_size: 60, link: null })
  expect(Object.getPrototypeOf(job)).toBe(Object.prototype)
})

test('connections are held', async () => {
  const { ims, server } = await client(() => ({ body: '[]' }))
  for (let count = 0; count < 6; count++) await ims.images.list()
  expect(server.connections()).toBeLessThan(3)
})

test('a refused token is asked for again', async () => {
  let valid = 'one'
  const { ims, sent } = await client(
    () => ({ status: sent.at(-1)?.[3] === `Bearer ${valid}` ? 200 : 401, body: '[]' }),
    (refused) => (refused ? 'two' : 'one'),
  )
  await ims.jobs.list()
  valid = 'two'
  await ims.jobs.list()
  expect(sent.map(([, , , authorization]) => authorization)).toEqual(['Bearer one', 'Bearer one', 'Bearer two'])
})

test('an error of the server has its status and fields', async () => {
  const { ims } = await client(() => ({ status: 422, body: '{"title":"T","detail":"D","errors":{"name":["blank"]}}' }))
  const failure = await ims.images.create({ name: '' }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ServerError)
  expect(failure).toBeInstanceOf(CliError)
  expect(failure).toMatchObject({ message: 'T: D', status: 422, fields: [{ field: 'name', problems: ['blank'] }] })
})

test.each([
  ['an age that the service would take for every job', { age: '1 month' }],
  ['an age of none', { age: '' }],
  ['a filter that is missing', { status: undefined }],
  ['a filter that there is not', { agee: '7d' } as never],
  ['a value of another type', { age: 7 } as never],
  ['a status that there is not', { status: 'done' } as never],
])('deleteAll refuses %s', async (_what, selection) => {
  const { ims, sent } = await client(() => ({ status: 204 }))
  await expect(ims.jobs.deleteAll(selection)).rejects.toBeInstanceOf(CliError)
  expect(sent).toEqual([])
})

test.each(['', '..', undefined as never])('an id that would be another path is refused: %j', async (id) => {
  const { ims, sent } = await client(() => ({ status: 204 }))
  await expect(ims.images.delete(id)).rejects.toBeInstanceOf(CliError)
  expect(sent).toEqual([])
})
