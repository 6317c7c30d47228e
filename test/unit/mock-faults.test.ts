import { describe, expect, it } from 'vitest'
import { Failure } from '../../src/errors.ts'
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
    ['GET /jobs delay=3', { ...none, method: 'GET', path: '/jobs', delayMilliseconds: 3000 }],
  ])('%j', (text, fault) => expect(parseFault(text)).toEqual(fault))

  it.each([
    ['', 'no method'],
    ['GET', 'names no path'],
    ['GET jobs 503', 'names no path'],
    ['FETCH /jobs 503', '"FETCH" is no method'],
    ['GET /jobs', 'nothing happens'],
    ['GET /jobs x3', 'nothing happens'],
    ['GET /jobs 99', '"99" is nothing'],
    ['GET /jobs 299', '"299" is nothing'],
    ['GET /jobs 503 x0', '"x0" is nothing'],
    ['GET /jobs delay=soon', '"delay=soon" is nothing'],
    ['GET /jobs 503 reset', 'has no status'],
  ])('%j is refused', (text, why) => {
    const failure = (() => {
      try {
        return parseFault(text)
      } catch (error) {
        return error
      }
    })()
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({ message: expect.stringContaining(why), usage: true, exit: 2, next: expect.stringContaining('--fault') })
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
      mock.handle(new Request('http://ims/apis/ims/v3/images', { method: 'POST', body: '{"name":"i"}', headers: { 'Content-Type': 'application/json' } }))
    await post()
    expect(mock.records().images).toHaveLength(0)
    await post()
    expect(mock.records().images).toHaveLength(1)
  })
})
