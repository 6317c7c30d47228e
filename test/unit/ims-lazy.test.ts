import { expect, test, vi } from 'vitest'
import { connect } from '../../src/ims/api.ts'
import { serveHttp } from '../support/loopback.ts'

vi.mock('../../src/http/undici-transport.ts', () => {
  throw new Error('undici was loaded')
})

test('undici is loaded for held connections and proxies only', async () => {
  const server = await serveHttp((_request, response) => void response.end('[]'))
  const send = (options: { keepAlive?: boolean; env?: Record<string, string> }) =>
    connect({ hostname: server.url, env: {}, retries: 0, ...options }).send({ method: 'GET', path: '/apis/ims/v3/jobs' })
  const loaded = (error: Error) => expect(String(error.cause ?? error)).toContain('undici was loaded')
  await expect(send({})).resolves.toEqual([])
  await send({ keepAlive: true }).then(() => expect.unreachable(), loaded)
  await send({ env: { http_proxy: 'http://127.0.0.1:1' } }).then(() => expect.unreachable(), loaded)
  await server.close()
})
