import { describe, expect, it } from 'vitest'
import { createMock } from '../../src/mock/library.ts'
import { testClock } from '../support/mock-time.ts'

const url = 'https://ims/keycloak/realms/shasta/protocol/openid-connect/token'

async function grant(mock: ReturnType<typeof createMock>, form: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await mock.handle(new Request(url, { method: 'POST', body: new URLSearchParams(form), headers }))
  return { status: response.status, data: (await response.json()) as Record<string, unknown> }
}

const login = { grant_type: 'password', username: 'jane', password: 'secret', client_id: 'shasta' }

describe('the token endpoint', () => {
  it.each([
    ['a password', login, 200, { token_type: 'Bearer', expires_in: 300, refresh_token: expect.any(String) }],
    ['a wrong password', { ...login, password: 'wrong' }, 401, { error: 'invalid_grant', error_description: 'Invalid user credentials' }],
    ['no user', { ...login, username: '' }, 401, { error: 'invalid_grant' }],
    ['client credentials', { grant_type: 'client_credentials', client_id: 'admin-client', client_secret: 's' }, 200, { expires_in: 300 }],
    [
      'a wrong secret',
      { grant_type: 'client_credentials', client_id: 'admin-client', client_secret: 'wrong' },
      401,
      { error: 'unauthorized_client' },
    ],
    ['no secret', { grant_type: 'client_credentials', client_id: 'admin-client' }, 401, { error: 'unauthorized_client' }],
    ['an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, 400, { error: 'invalid_grant' }],
    ['another grant', { grant_type: 'x' }, 400, { error: 'unsupported_grant_type' }],
    ['no grant', {}, 400, { error: 'invalid_request' }],
  ])('%s', async (_, form, status, expected) => {
    const got = await grant(createMock(), form)
    expect(got.status).toBe(status)
    expect(got.data).toMatchObject(expected)
  })

  it('takes client credentials as Basic authorization, too', async () => {
    const headers = { Authorization: `Basic ${Buffer.from('admin-client:s').toString('base64')}` }
    expect((await grant(createMock(), { grant_type: 'client_credentials' }, headers)).status).toBe(200)
  })

  it('gives tokens that the API takes until they expire, and renews them once', async () => {
    const clock = testClock()
    const mock = createMock({ clock })
    const use = async (token?: unknown) =>
      (await mock.handle(new Request('https://ims/apis/ims/v3/jobs', { headers: token ? { Authorization: `Bearer ${token}` } : {} })))
        .status
    const { data: first } = await grant(mock, login)
    expect([await use(), await use('x'), await use(first.access_token)]).toEqual([200, 401, 200])
    clock.pass(301)
    expect(await use(first.access_token)).toBe(401)
    const renew = { grant_type: 'refresh_token', refresh_token: first.refresh_token as string, client_id: 'shasta' }
    const { data: second } = await grant(mock, renew)
    expect(await use(second.access_token)).toBe(200)
    expect((await grant(mock, renew)).status).toBe(400)
    clock.pass(1801)
    expect((await grant(mock, { ...renew, refresh_token: second.refresh_token as string })).status).toBe(400)
  })

  it.each([
    ['the token as password', { ...login, password: 'TOKEN' }, 200],
    ['any other password', login, 401],
    ['no password', { ...login, password: '' }, 401],
    ['the token as secret', { grant_type: 'client_credentials', client_id: 'admin-client', client_secret: 'TOKEN' }, 200],
    ['any other secret', { grant_type: 'client_credentials', client_id: 'admin-client', client_secret: 's' }, 401],
    ['no secret', { grant_type: 'client_credentials', client_id: 'admin-client' }, 401],
    ['a refresh token that it never gave', { grant_type: 'refresh_token', refresh_token: 'TOKEN' }, 400],
  ])('of a mock with a token: %s', async (_, form, status) => {
    const mock = createMock({ token: 'TOKEN' })
    const got = await grant(mock, form)
    expect(got.status).toBe(status)
    const jobs = await mock.handle(
      new Request('https://ims/apis/ims/v3/jobs', { headers: { Authorization: `Bearer ${got.data.access_token}` } }),
    )
    expect(jobs.status).toBe(status === 200 ? 200 : 401)
  })

  it('of a mock with a token gives tokens that expire, and are renewed', async () => {
    const clock = testClock()
    const mock = createMock({ clock, token: 'TOKEN' })
    const use = async (token?: unknown) => {
      const response = await mock.handle(
        new Request('https://ims/apis/ims/v3/jobs', { headers: token ? { Authorization: `Bearer ${token}` } : {} }),
      )
      return `${response.status} ${response.status === 401 ? await response.text() : ''}`.trim()
    }
    const { data: first } = await grant(mock, { ...login, password: 'TOKEN' })
    expect([await use(), await use('x'), await use(first.access_token), await use('TOKEN')]).toEqual([
      '401 Jwt is missing',
      '401 Jwt verification fails',
      '200',
      '200',
    ])
    clock.pass(301)
    expect([await use(first.access_token), await use('TOKEN')]).toEqual(['401 Jwt is expired', '200'])
    const { data: second } = await grant(mock, {
      grant_type: 'refresh_token',
      refresh_token: first.refresh_token as string,
      client_id: 'shasta',
    })
    expect(await use(second.access_token)).toBe('200')
  })
})
