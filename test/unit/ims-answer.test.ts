import { describe, expect, test } from 'vitest'
import { readAnswer } from '../../src/ims/response.ts'
import { toValue } from '../../src/json/value.ts'
import { writeJson } from '../../src/json/write.ts'

const asked = { method: 'GET', url: new URL('http://h/apis/ims/v3/jobs') }
const read = (type: string | undefined, body: string | Buffer, { status = 200, method = 'GET' } = {}) =>
  readAnswer(
    { status, reason: 'OK', headers: type === undefined ? {} : { 'content-type': type }, body: Buffer.from(body as string) },
    { ...asked, method },
  )

describe('is read', () => {
  test.each<[string, string | undefined, string | Buffer, unknown]>([
    ['JSON', 'application/json', '{"a":1}', { a: 1 }],
    ['JSON of any case', 'Application/JSON; charset=UTF-8', '[]', []],
    ['a problem', 'application/problem+json', '{"title":"T"}', { title: 'T' }],
    ['JSON without a type', undefined, '{"a":"é"}', { a: 'é' }],
    ['JSON as text', 'text/plain', '[1]', [1]],
    ['a byte order mark', 'application/json', '\ufeff{"a":1}', { a: 1 }],
    ['UTF-16 by its mark', 'application/json', Buffer.from('\ufeff{"a":"é"}', 'utf16le'), { a: 'é' }],
    ['UTF-16 as declared', 'application/json; charset=utf-16le', Buffer.from('{"a":"é"}', 'utf16le'), { a: 'é' }],
    ['JSON in Latin-1 as declared', 'application/json; charset="iso-8859-1"', Buffer.from('{"a":"é"}', 'latin1'), { a: 'é' }],
    ['null', 'application/json', 'null', null],
    ['text', 'text/plain', 'text\n', 'text\n'],
    ['text in Latin-1', 'text/plain; charset=iso-8859-1', Buffer.from('café', 'latin1'), 'café'],
    ['C1 bytes of Latin-1', 'text/plain; charset=latin1', Buffer.from([0x80]), '\x80'],
    ['text without a charset', 'text/plain', 'é日本', 'é日本'],
    ['text of an unknown charset', 'text/plain; charset=no-such', 'é', 'é'],
    ['text without a type', undefined, 'é日本', 'é日本'],
    ['cut-off JSON that is text', 'text/plain', '[{"a"', '[{"a"'],
  ])('%s', (_what, type, body, value) => {
    expect(read(type, body)).toEqual(toValue(value))
  })

  test('nothing, as undefined', () => {
    expect(read('application/json', '')).toBeUndefined()
    expect(read('application/json', 'x', { status: 204 })).toBeUndefined()
  })

  test('numbers as they are written', () => {
    expect(read('application/json', '[1.0,12345678901234567890]')).toEqual([{ number: '1.0' }, { number: '12345678901234567890' }])
  })
})

describe('is no result', () => {
  test.each([
    ['text/html', '<html>hi</html>', /web page/],
    ['Text/HTML; charset=utf-8', '[]', /web page/],
    ['application/json', '[{"a": 1}, ', /not the JSON that it says it is/],
    ['application/problem+json', 'x', /not the JSON/],
    ['application/json', ' ', /not the JSON/],
  ])('%s %j', (type, body, message) => {
    expect(() => read(type, body)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(message),
        exit: 2,
        more: [`  ${body.trim()}`, 'HTTP 200 OK: GET /apis/ims/v3/jobs'],
      }),
    )
  })

  test('of a write says that it may have happened', () => {
    expect(() => read('text/html', 'x', { method: 'DELETE' })).toThrow(
      expect.objectContaining({ more: expect.arrayContaining([expect.stringContaining('may have been carried out')]) }),
    )
  })
})

test('JSON is written with its own numbers and order', () => {
  const value = new Map([
    ['10', { number: '1.0' }],
    ['2', { number: '12345678901234567890' }],
  ])
  expect(writeJson([value, 'é"\n', null, true])).toBe('[{"10":1.0,"2":12345678901234567890},"é\\"\\n",null,true]')
})
