import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect } from '../../src/ims/api.ts'
import { listBody } from '../../src/ims/list-body.ts'
import { readJson } from '../../src/json/read.ts'
import type { Value } from '../../src/json/value.ts'
import { serveHttp, type Loopback } from '../support/loopback.ts'

const record = (number: number, name: string) => ({ id: `id-${number}`, name, size: number / 4, tags: ['a', null, true] })
const listOf = (name: string) => JSON.stringify(Array.from({ length: 4000 }, (_, number) => record(number, name)))
const long = listOf('compute')
const json = { 'content-type': 'application/json' }

interface Answered {
  headers?: Record<string, string>
  body: string | Buffer
  /** The connection ends after so many bytes. */
  cut?: number
}

let answers: Answered[] = []
let asked = 0
let server: Loopback
beforeAll(async () => {
  server = await serveHttp((_request, response) => {
    asked++
    const { headers = json, body, cut } = answers.length > 1 ? answers.shift()! : answers[0]!
    response.writeHead(200, { 'content-length': Buffer.byteLength(body), ...headers })
    if (cut === undefined) response.end(body)
    else response.write(Buffer.from(body as string).subarray(0, cut), () => response.destroy())
  })
})
afterAll(() => server.close())
beforeEach(() => {
  asked = 0
})

function takeAll(accepts: (item: Value) => boolean = () => true) {
  const items: Value[] = []
  return { items, add: (item: Value) => accepts(item) && !!items.push(item) }
}

const api = () => connect({ hostname: server.url, env: {}, sleep: async () => {} })
const request = { method: 'GET', path: '/apis/ims/v3/images' } as const

describe('a long list', () => {
  test.each([
    ['ASCII', long],
    ['text of all kinds', listOf('né 日本 😀 \u0085\ufeff')],
    ['space around it', `\n ${long.replaceAll(',', ' ,\n')}\n`],
  ])('of %s is taken item by item', async (_, body) => {
    answers = [{ body }]
    const answer = await api().sendForList(request, takeAll)
    expect('list' in answer && answer.list.items).toEqual(readJson(body))
  })

  test('that is compressed is taken item by item, too, however short it is then', async () => {
    answers = [{ body: gzipSync(long), headers: { ...json, 'content-encoding': 'gzip' } }]
    const answer = await api().sendForList(request, takeAll)
    expect('list' in answer && answer.list.items).toEqual(readJson(long))
  })

  test('that breaks off is asked for again, and begun anew', async () => {
    answers = [{ body: long, cut: long.length - 1000 }, { body: long }]
    const takers: { items: Value[] }[] = []
    const answer = await api().sendForList(request, () => {
      takers.push(takeAll())
      return takers.at(-1) as ReturnType<typeof takeAll>
    })
    expect('list' in answer && answer.list.items).toEqual(readJson(long))
    expect(takers).toHaveLength(2)
    expect(takers[0]!.items.length).toBeGreaterThan(0)
  })

  test.each([
    ['cut off', long.slice(0, -20)],
    ['with something behind it', `${long}x`],
    ['with half a character behind it', Buffer.concat([Buffer.from(long), Buffer.from([0xc3])])],
    ['broken in its middle', long.replace('"id-2000"', '"id-2000"x')],
    ['broken on its 3rd line', long.replaceAll('},', '},\n').replace('"id-2"', 'id-2')],
  ])('%s is no JSON, as it would be as a whole', async (_, body) => {
    answers = [{ body }]
    const failure = await api()
      .send(request)
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ message: expect.stringMatching(/not the JSON that it says it is: expected .* at line \d+ column \d+/) })
    const { message, more } = failure as Error & { more: string[] }
    await expect(api().sendForList(request, takeAll)).rejects.toMatchObject({ message, more })
  })

  test('whose taker needs it as a whole is asked for again', async () => {
    answers = [{ body: long }]
    const answer = await api().sendForList(request, () => takeAll((item) => (item as Map<string, Value>).get('id') !== 'id-3000'))
    expect(answer).toEqual({ value: readJson(long) })
    expect(asked).toBe(2)
  })

  test('whose taker fails is not taken any further', async () => {
    answers = [{ body: long }]
    let taken = 0
    const failing = () => ({
      add(): boolean {
        if (++taken === 10) throw new Error('no more')
        return true
      },
    })
    await expect(api().sendForList(request, failing)).rejects.toThrow('no more')
    expect(taken).toBe(10)
  })
})

describe('is read as a whole', () => {
  test.each<[string, Answered]>([
    ['a short list', { body: '[1]' }],
    ['an object', { body: `{"a":${long}}` }],
    ['a short list that is compressed', { body: gzipSync('[1]'), headers: { ...json, 'content-encoding': 'gzip' } }],
    ['another charset', { body: Buffer.from(listOf('é'), 'latin1'), headers: { 'content-type': 'application/json; charset=iso-8859-1' } }],
    ['a list that does not say it is JSON', { body: long, headers: { 'content-type': 'text/plain' } }],
    ['a byte order mark', { body: `\ufeff${long}` }],
  ])('%s', async (_, answer) => {
    answers = [answer]
    const value = await api().send(request)
    expect(await api().sendForList(request, takeAll)).toEqual({ value })
    expect(asked).toBe(2)
  })
})

test('characters are whole wherever the bytes are cut', () => {
  const body = Buffer.from(`[${'"é日😀\ufeff",'.repeat(20_000)}1]`)
  for (const size of [1, 2, 3, 1021]) {
    const list = listBody({ status: 200, reason: 'OK', headers: json }, takeAll)!
    for (let at = 0; at < body.length; at += size) list.add(body.subarray(at, at + size))
    list.end()
    expect(list.begun()).toBe(true)
    expect(list.taker.items).toHaveLength(20_001)
    expect(new Set(list.taker.items.slice(0, -1))).toEqual(new Set(['é日😀\ufeff']))
  }
})
