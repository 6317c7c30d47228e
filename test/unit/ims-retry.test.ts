import { describe, expect, test } from 'vitest'
import { TransportError, type TransportErrorKind } from '../../src/http/transport-error.ts'
import { hostnameCommands } from '../../src/ims/connection-error.ts'
import { withRedirects } from '../../src/http/redirect.ts'
import { RequestError } from '../../src/http/request-error.ts'
import { refusedRequest } from '../../src/ims/refused-request.ts'
import { longestWait, retryAfter, withRetries, type RetryOptions } from '../../src/http/retry.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../src/http/transport.ts'

const request = (method = 'GET', url = 'https://h/apis/ims/v3/jobs'): HttpRequest => ({ method, url: new URL(url), headers: {} })
const response = (status: number, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  reason: '',
  headers,
  body: Buffer.from(String(status)),
})

/** A transport that gives one outcome after the other, the last for ever. */
function scripted(...outcomes: (HttpResponse | Error)[]) {
  const sent: HttpRequest[] = []
  const send: Transport = async (each) => {
    const outcome = outcomes[Math.min(sent.push(each), outcomes.length) - 1]!
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  return { sent, send }
}

function retrying(send: Transport, options: Partial<RetryOptions> = {}) {
  const waits: number[] = []
  const sleep = async (milliseconds: number) => void waits.push(milliseconds)
  return { waits, send: withRetries(send, { retries: 3, sleep, random: () => 0, now: () => 0, ...options }) }
}

describe('retries', () => {
  const fault = (kind: TransportErrorKind, sent: boolean) => new TransportError(kind, { sent })
  test.each<[string, string, HttpResponse | Error, boolean]>([
    ['GET', '429', response(429), true],
    ['GET', '502', response(502), true],
    ['GET', '503', response(503), true],
    ['GET', '504', response(504), true],
    ['GET', '500', response(500), false],
    ['GET', '404', response(404), false],
    ['GET', '401', response(401), false],
    ['GET', 'refused', fault('refused', false), true],
    ['GET', 'reset', fault('reset', true), true],
    ['GET', 'truncated', fault('truncated', true), true],
    ['GET', 'dns-temporary', fault('dns-temporary', false), true],
    ['GET', 'connect-timeout', fault('connect-timeout', false), true],
    ['GET', 'dns', fault('dns', false), false],
    ['GET', 'untrusted', fault('untrusted', false), false],
    ['GET', 'idle-timeout', fault('idle-timeout', true), true],
    ['GET', 'answer-timeout', fault('answer-timeout', true), false],
    ['GET', 'too-large', fault('too-large', true), false],
    ['GET', 'protocol', fault('protocol', true), false],
    ['GET', 'proxy-refused', fault('proxy-refused', false), false],
    ['POST', '503', response(503), false],
    ['DELETE', '429', response(429), false],
    ['POST', 'refused', fault('refused', false), true],
    ['PATCH', 'dns-temporary', fault('dns-temporary', false), true],
    ['DELETE', 'connect-timeout', fault('connect-timeout', false), true],
    ['POST', 'reset with the request sent', fault('reset', true), false],
    ['POST', 'reset before', fault('reset', false), false],
    ['POST', 'idle-timeout', fault('idle-timeout', true), false],
  ])('%s after %s', async (method, _what, outcome, again) => {
    const script = scripted(outcome, response(200))
    const sending = retrying(script.send).send(request(method))
    if (again) expect((await sending).status).toBe(200)
    else if (outcome instanceof Error) await expect(sending).rejects.toBe(outcome)
    else expect(await sending).toBe(outcome)
    expect(script.sent.length).toBe(again ? 2 : 1)
  })

  test('end with the last answer, its body included', async () => {
    const script = scripted(response(502), response(502), response(503))
    const { send, waits } = retrying(script.send, { retries: 2 })
    expect(await send(request())).toMatchObject({ status: 503, body: Buffer.from('503') })
    expect(waits.length).toBe(2)
  })

  test('are none when none are wanted', async () => {
    const script = scripted(response(503))
    expect((await retrying(script.send, { retries: 0 }).send(request())).status).toBe(503)
    expect(script.sent.length).toBe(1)
  })

  test('wait twice as long each time, half of it random', async () => {
    for (const [random, expected] of [
      [0, [250, 500, 1000]],
      [1, [500, 1000, 2000]],
    ] as const) {
      const { send, waits } = retrying(scripted(response(503)).send, { random: () => random })
      await send(request())
      expect(waits).toEqual(expected)
    }
  })

  test('wait as Retry-After asks, within reason', async () => {
    const { send, waits } = retrying(
      scripted(response(503, { 'retry-after': '7' }), response(429, { 'retry-after': '86400' }), response(200)).send,
    )
    await send(request())
    expect(waits).toEqual([7000, longestWait])
  })

  test('end when the sleep is interrupted', async () => {
    const reason = new Error('interrupted')
    const { send } = retrying(scripted(response(503)).send, { sleep: () => Promise.reject(reason) })
    await expect(send(request())).rejects.toBe(reason)
  })

  test.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['0', 0],
    [' 12 ', 12_000],
    ['Thu, 01 Jan 1970 00:01:40 GMT', 90_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', undefined],
  ])('Retry-After: %s', (header, wait) => {
    expect(retryAfter(header, 10_000)).toBe(wait)
  })
})

/** What people are told of what is refused here. */
const told = (error: unknown) => (error instanceof RequestError ? refusedRequest(error.refusal) : error)

describe('redirects', () => {
  const to = (status: number, location: string) => response(status, { location })

  test.each([301, 302, 303, 307, 308])('a read follows %d, with its headers', async (status) => {
    const script = scripted(to(status, '/elsewhere?x=1'), response(200))
    const first = { ...request(), headers: { Authorization: 'Bearer T' } }
    expect((await withRedirects(script.send)(first)).status).toBe(200)
    expect(script.sent[1]).toEqual({ ...first, url: new URL('https://h/elsewhere?x=1') })
  })

  test.each([307, 308])('a write follows %d as it is', async (status) => {
    const script = scripted(to(status, 'https://h/elsewhere'), response(200))
    await withRedirects(script.send)({ ...request('POST'), body: '{}' })
    expect(script.sent[1]).toMatchObject({ method: 'POST', body: '{}', url: new URL('https://h/elsewhere') })
  })

  test.each([
    ['POST', 301, '/elsewhere', 'https://h/elsewhere', undefined],
    ['DELETE', 302, '/elsewhere', 'https://h/elsewhere', undefined],
    ['PATCH', 303, '/elsewhere', 'https://h/elsewhere', undefined],
    ['GET', 302, 'https://other/x', 'https://other/x', 'hostname=https://other'],
    ['GET', 302, 'http://h/x', 'http://h/x', undefined],
    ['GET', 302, 'https://a;$(reboot)/x', 'https://a;$(reboot)/x', 'hostname=https://a;$(reboot)'],
    ['GET', 302, "https://a'b/", "https://a'b/", "hostname=https://a'b"],
    ['GET', 302, 'ftp://other/x', 'ftp://other/x', undefined],
    ['GET', 302, 'javascript:alert(1)', 'javascript:', undefined],
    ['GET', 302, 'https://other/auth?state=SECRET#SECRET', 'https://other/auth?…,', 'hostname=https://other'],
    ['GET', 302, 'https://h:8443/x', 'https://h:8443/x', 'hostname=https://h:8443'],
    ['POST', 307, 'https://u:p@other/x', 'https://other/x', 'hostname=https://other'],
    ['GET', 302, 'https://', 'not an address', undefined],
  ])('%s %d to %s is not followed', async (method, status, location, shown, next) => {
    const script = scripted(to(status, location), response(200))
    const failure = await withRedirects(script.send)(request(method)).catch(told)
    expect(failure).toMatchObject({ exit: 2, next: next && ['config', 'set', 'core', next] })
    expect((failure as { more: string[] }).more[0]).toContain(shown)
    expect((failure as { more: string[] }).more.join()).not.toContain('SECRET')
    expect(script.sent.length).toBe(1)
  })

  test('a loop is the connection error', async () => {
    const script = scripted(to(302, '/apis/ims/v3/jobs'))
    expect(await withRedirects(script.send)(request()).catch(told)).toMatchObject({
      message: 'Unable to connect to cray. Please verify your cray hostname:',
      more: [...hostnameCommands, expect.stringContaining('redirected more than 5 times')],
    })
    expect(script.sent.length).toBe(6)
  })

  test('without a Location there is nothing to follow', async () => {
    expect((await withRedirects(scripted(response(302)).send)(request())).status).toBe(302)
  })
})
