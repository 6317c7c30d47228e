import { describe, expect, it } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { parseFault } from '../../src/mock/faults.ts'
import { createMock } from '../../src/mock/library.ts'
import { ask, testClock } from '../support/mock-time.ts'

const none = { times: Infinity, delayMilliseconds: 0, status: undefined, broken: undefined }

describe('--fault', () => {
  it.each([
    ['GET /jobs 503 x3', { ...none, method: 'GET', path: '/jobs', status: 503, times: 3 }],
    ['  post   /jobs   delay=2s ', { ...none, method: 'POST', path: '/jobs', delayMilliseconds: 2000 }],
    ['/images/* delay=1.5m', { ...none, method: undefined, path: '/images/*', delayMilliseconds: 90_000 }],
    ['* /jobs delay=20ms reset x1', { ...none, method: undefined, path: '/jobs', delayMilliseconds: 20, broken: 'reset', times: 1 }],
    ['GET /jobs truncate', { ...none, method: 'GET', path: '/jobs', broken: 'truncate' }],
    ['GET /jobs 500 truncate', { ...none, method: 'GET', path: '/jobs', broken: 'truncate', status: 500 }],
    ['DELETE /images/* delay=service', { ...none, method: 'DELETE', path: '/images/*', delayMilliseconds: 'service' }],
    ['GET /jobs delay=3', { ...none, method: 'GET', path: '/jobs', delayMilliseconds: 3000 }],
  ])('%j', (text, fault) => expect(parseFault(text)).toEqual(fault))

  it.each([
    ['', '"" is not a method'],
    ['GET', 'names no path'],
    ['GET jobs 503', 'names no path'],
    ['FETCH /jobs 503', '"FETCH" is not a method'],
    ['GET /jobs', 'nothing happens'],
    ['GET /jobs x3', 'nothing happens'],
    ['GET /jobs 99', '"99" is not a fault'],
    ['GET /jobs 299', '"299" is not a fault'],
    ['GET /jobs 503 x0', '"x0" is not a fault'],
    ['GET /jobs delay=soon', '"delay=soon" is not a fault'],
    ['GET /jobs 503 reset', 'has no status'],
  ])('%j is refused', (text, why) => {
    const failure = (() => {
      try {
        return parseFault(text)
      } catch (error) {
        return error
      }
    })()
    expect(failure).toBeInstanceOf(CliError)
    expect(failure).toMatchObject({
      message: expect.stringContaining(why),
      usage: true,
      exit: 2,
      next: expect.arrayContaining(['--fault']),
    })
  })
})

describe('faults', () => {
  it('answer so many times, then let the service answer', async () => {
    const mock = createMock({ faults: ['GET /jobs 503 x2'] })
    const statuses: number[] = []
    for (let count = 0; count < 3; count++) statuses.push((await mock.handle(new Request('http://ims/apis/ims/v3/jobs'))).status)
    expect(statuses).toEqual([503, 503, 200])
  })

  it.each([
    ['/jobs', '/v3/jobs', true],
    ['/jobs', '/v3/jobs/x', false],
    ['/jobs/*', '/v3/jobs/x', true],
    ['/jobs/*', '/v3/jobs', false],
    ['/deleted/*', '/v3/deleted/images/x', false],
    ['/deleted/**', '/v3/deleted/images/x', true],
    ['/version', '/version', true],
    ['/apis/ims/v3/jobs', '/v3/jobs', true],
    ['/j.bs', '/v3/jobs', false],
  ])('for %s mean %s: %s', async (pattern, path, meant) => {
    const mock = createMock({ seed: {}, faults: [`GET ${pattern} 418`] })
    expect((await ask(mock, 'GET', path)).status === 418).toBe(meant)
  })

  it('wait with the clock, and then answer', async () => {
    const clock = testClock()
    const waits: number[] = []
    const mock = createMock({
      seed: {},
      clock: { ...clock, sleep: (milliseconds) => Promise.resolve(void waits.push(milliseconds)) },
      faults: ['GET /jobs delay=2s'],
    })
    expect((await ask(mock, 'GET', '/v3/jobs')).data).toEqual([])
    expect(waits).toEqual([2000])
  })

  it('of the service are problems, of the gateway plain text', async () => {
    const mock = createMock({ seed: {}, faults: ['GET /jobs 409', 'GET /images 503'] })
    const conflict = await mock.handle(new Request('http://ims/apis/ims/v3/jobs'))
    expect([conflict.statusText, ((await conflict.json()) as { title: string }).title]).toEqual(['CONFLICT', 'Conflict'])
    const unavailable = await mock.handle(new Request('http://ims/apis/ims/v3/images'))
    expect([unavailable.statusText, unavailable.headers.get('content-type')]).toEqual(['Service Unavailable', 'text/plain'])
  })

  it('change nothing when they answer in place of the service, but when they cut its answer', async () => {
    const mock = createMock({ seed: {}, faults: ['POST /images 503 x1', 'POST /images truncate'] })
    const post = () =>
      mock.handle(
        new Request('http://ims/apis/ims/v3/images', {
          method: 'POST',
          body: '{"name":"i"}',
          headers: { 'Content-Type': 'application/json' },
        }),
      )
    await post()
    expect(mock.records().images).toHaveLength(0)
    await post()
    expect(mock.records().images).toHaveLength(1)
  })
})

describe('a service that is slow', () => {
  const link = { path: 's3://boot-images/i/manifest.json', type: 's3' }
  const images = [
    { id: 'i', name: 'i', link },
    { id: 'j', name: 'j', link: { ...link, path: 's3://boot-images/j/manifest.json' } },
    { id: 'bare', name: 'b' },
  ]
  const remote_build_nodes = [{ xname: 'x1' }, { xname: 'x2', mock: { arch: 'x86_64' } }]

  /** A mock whose sleeps a test ends, and what came of the requests that it was sent, in that order. */
  function slow(faults: string[], options: { serial?: boolean; speed?: number } = {}) {
    const sleeps: { length: number; end: () => void }[] = []
    const clock = { ...testClock(), sleep: (length: number) => new Promise<void>((end) => void sleeps.push({ length, end })) }
    const mock = createMock({ seed: { images, remote_build_nodes }, faults, clock, ...options })
    const answered: string[] = []
    const send = async (method: string, path: string) => {
      const body = method === 'PATCH' ? { body: '{"operation": "undelete"}', headers: { 'Content-Type': 'application/json' } } : {}
      const { status } = await mock.handle(new Request(`http://ims/apis/ims${path}`, { method, ...body }))
      answered.push(`${method} ${path} ${status}`)
    }
    const settle = async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    }
    return { sleeps, answered, send, settle }
  }

  it('answers one request at a time, but for what the gateway answers', async () => {
    const { sleeps, answered, send, settle } = slow(['DELETE /images/* delay=service', 'GET /jobs 503'], { serial: true })
    const all = [send('DELETE', '/v3/images/i'), send('GET', '/v3/images'), send('GET', '/v3/recipes'), send('GET', '/v3/jobs')]
    await settle()
    expect([sleeps.map(({ length }) => length), answered]).toEqual([[90_000], ['GET /v3/jobs 503']])
    sleeps[0]!.end()
    await Promise.all(all)
    expect(answered.slice(1)).toEqual(['DELETE /v3/images/i 204', 'GET /v3/images 200', 'GET /v3/recipes 200'])
  })

  it('answers others meanwhile unless it is told to', async () => {
    const { sleeps, answered, send, settle } = slow(['DELETE /images/* delay=service'])
    const deleted = send('DELETE', '/v3/images/i')
    await send('GET', '/v3/images')
    await settle()
    expect(answered).toEqual(['GET /v3/images 200'])
    sleeps[0]!.end()
    await deleted
  })

  it('goes on after a request that fails', async () => {
    const { sleeps, answered, send } = slow(['GET /images 500 delay=1s'], { serial: true })
    const all = [send('GET', '/v3/images'), send('GET', '/v3/jobs')]
    while (sleeps.length === 0) await new Promise(setImmediate)
    sleeps[0]!.end()
    await Promise.all(all)
    expect(answered).toEqual(['GET /v3/images 500', 'GET /v3/jobs 200'])
  })

  it.each([
    ['DELETE', '/v3/images/i', 90_000],
    ['DELETE', '/v3/images', 180_000],
    ['POST', '/v3/jobs', 34_000],
    ['GET', '/v3/remote-build-nodes/status', 31_000],
    ['GET', '/v3/remote-build-nodes/status/x2', 1000],
  ])('%s %s takes as long as the service takes', async (method, path, milliseconds) => {
    const { sleeps, send } = slow(['/** delay=service'], { speed: 10 })
    const sent = send(method, path)
    while (sleeps.length === 0) await new Promise(setImmediate)
    expect(sleeps.map(({ length }) => length)).toEqual([milliseconds / 10])
    sleeps[0]!.end()
    await sent
  })

  it.each([
    ['GET', '/v3/images'],
    ['DELETE', '/v3/images/bare'],
    ['DELETE', '/v2/images/i'],
    ['GET', '/v3/jobs'],
  ])('%s %s takes no time', async (method, path) => {
    const { sleeps, send } = slow(['/** delay=service'])
    await send(method, path)
    expect(sleeps).toEqual([])
  })

  it('takes as long to bring images back', async () => {
    const { sleeps, send } = slow(['PATCH /deleted/** delay=service', 'PATCH /deleted/images delay=service'])
    await send('DELETE', '/v3/images')
    const sent = send('PATCH', '/v3/deleted/images')
    while (sleeps.length === 0) await new Promise(setImmediate)
    expect(sleeps[0]!.length).toBe(180_000)
    sleeps[0]!.end()
    await sent
  })
})
