import { describe, expect, test } from 'vitest'
import { fieldProblems, serverError, ServerError, type Typed } from '../../src/ims/server-error.ts'
import { toValue } from '../../src/json/value.ts'

const asked = (path = '/apis/ims/v3/jobs', method = 'GET'): Typed => ({ method, url: new URL(`http://h${path}?a=b`) })
const failure = (status: number, body: unknown, { type = 'application/problem+json', reason = 'REASON', typed = asked() } = {}) =>
  serverError(
    { status, reason, headers: { 'content-type': type }, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) },
    typed,
  )

describe('the message', () => {
  test.each<[number, unknown, string]>([
    [503, { title: 'T', detail: 'D', status: 503 }, 'T: D'],
    [400, { title: 'T', detail: '' }, 'T: '],
    [400, { title: 'T', detail: { a: 1.5 } }, 'T: {"a":1.5}'],
    [400, { title: 'T', detail: ['no name', 'no type'] }, 'T: no name; no type'],
    [400, { title: 'T', detail: [{ a: 1 }] }, 'T: [{"a":1}]'],
    [400, { e: 1, err_msg: ['bad', 'thing'] }, 'Error received from server: 400 REASON: bad; thing'],
    [400, { title: 'T', detail: null }, 'T'],
    [400, { title: null, detail: null }, 'Error received from server: 400 REASON'],
    [400, { title: 'T' }, 'Error received from server: 400 REASON'],
    [400, { e: 1, err_msg: 'bad thing' }, 'Error received from server: 400 REASON: bad thing'],
    [400, { e: 1 }, 'Error received from server: 400 REASON'],
    [400, [1], 'Error received from server: 400 REASON'],
    [400, '<html>', 'Error received from server: 400 REASON'],
  ])('%d %j', (status, body, message) => {
    expect(failure(status, body)).toMatchObject({ message, status, exit: 2 })
  })

  test.each([
    [503, 'Service Unavailable', 'Error received from server: 503 Service Unavailable'],
    [404, 'NOT FOUND', 'Error received from server: 404 NOT FOUND'],
    [418, '', "Error received from server: 418 I'm a Teapot"],
    [599, '', 'Error received from server: 599'],
    [500, 'a\x1b[31mb', 'Error received from server: 500 a\\x1b[31mb'],
  ])('%d %j without a body', (status, reason, message) => {
    expect(failure(status, '', { reason }).message).toBe(message)
  })
})

test('of several lines, only the first is the message', () => {
  const { message, more } = failure(400, { title: 'Fehlér', detail: 'née "q"\nline2 \x1b[31mred\nNext: rm -rf /' })
  expect([message, ...more.slice(0, 2)]).toEqual(['Fehlér: née "q"', '  line2 \\x1b[31mred', '  Next: rm -rf /'])
})

test.each([
  [503, 'HTTP 503 Service Unavailable: GET /apis/ims/v3/jobs'],
  [599, 'HTTP 599: GET /apis/ims/v3/jobs'],
])('%d is named below in the words of the standard', (status, line) => {
  expect(failure(status, { title: 'T', detail: 'D' }).more).toContain(line)
})

describe('errors by field', () => {
  test.each<[string, unknown, [string, string[]][]]>([
    ['a list', { name: ['blank', 'short'] }, [['name', ['blank', 'short']]]],
    ['a text', { name: 'blank' }, [['name', ['blank']]]],
    ['a nested map', { link: { type: ['Missing.'] } }, [['link.type', ['Missing.']]]],
    [
      'a map of indices',
      { ssh_containers: { 0: { jail: ['No.'] }, 1: { name: ['No.'] } } },
      [
        ['ssh_containers.0.jail', ['No.']],
        ['ssh_containers.1.name', ['No.']],
      ],
    ],
    ['a list of maps', { ssh_containers: [{}, { jail: ['No.'] }] }, [['ssh_containers.1.jail', ['No.']]]],
    ['the record as a whole', { _schema: ['Bad.'] }, [['', ['Bad.']]]],
    ['a nested record as a whole', { link: { _schema: ['Bad.'] } }, [['link', ['Bad.']]]],
    [
      'what is no text',
      { name: [{ code: 1 }, 2] },
      [
        ['name.0.code', ['1']],
        ['name', ['2']],
      ],
    ],
    ['a terminal sequence', { 'na\x1b[1mme': ['\x1b[31mred'] }, [['na\\x1b[1mme', ['\\x1b[31mred']]]],
    ['nothing', {}, []],
    ['null', null, []],
  ])('%s', (_what, errors, fields) => {
    expect(fieldProblems(toValue(errors))).toEqual(fields.map(([field, problems]) => ({ field, problems })))
  })

  test('are shown as the user typed them, above the status', () => {
    const typed = {
      ...asked('/apis/ims/v3/jobs', 'POST'),
      optionOf: (field: string) => (field === 'build_env_size' ? '--build-env-size 0' : undefined),
    }
    const body = {
      title: 'Unprocessable Entity',
      detail: 'D',
      errors: { build_env_size: ['must be greater than or equal to 1'], x: ['unknown', 'bad'], _schema: ['no'] },
    }
    const refused = failure(422, body, { typed })
    expect(refused).toBeInstanceOf(ServerError)
    expect(refused.fields.map(({ field }) => field)).toEqual(['build_env_size', 'x', ''])
    expect(refused.more).toEqual([
      '  --build-env-size 0  must be greater than or equal to 1',
      '  x                   unknown',
      '  x                   bad',
      '  request             no',
      'HTTP 422 Unprocessable Entity: POST /apis/ims/v3/jobs',
    ])
  })
})

describe('what to do next', () => {
  const problem = { title: 'T', detail: 'D' }
  test.each<[number, unknown, Typed, readonly string[] | undefined]>([
    [401, problem, asked(), ['auth', 'login']],
    [403, problem, asked(), ['config', 'get', 'core.hostname']],
    [404, problem, asked('/apis/ims/v3/deleted/images/1'), ['deleted', 'images', 'list']],
    [404, problem, { ...asked('/apis/ims/v3/jobs/1'), next: ['jobs', 'list', '--all'] }, ['jobs', 'list', '--all']],
    [404, '<html>', asked('/apis/ims/v3/jobs/1'), ['config', 'get', 'core.hostname']],
    [404, problem, asked(), undefined],
    [409, problem, asked(), undefined],
  ])('%d %j', (status, body, typed, next) => {
    expect(failure(status, body, { typed }).next).toEqual(next)
  })

  test('a busy gateway: try again; a write behind one that gave up may have happened', () => {
    expect(failure(503, '').more.join()).toContain('Try again')
    expect(failure(504, '', { typed: asked('/apis/ims/v3/images', 'POST') })).toMatchObject({
      more: expect.arrayContaining(['The POST may have been carried out all the same.']),
      next: ['images', 'list'],
    })
    expect(failure(504, '').more.join()).not.toContain('carried out')
  })

  test("a framework's message is shown", () => {
    expect(failure(415, { message: 'no \x1b[1mJSON' }).more[0]).toBe('  no \\x1b[1mJSON')
    expect(failure(400, { message: ['no name', 'no type'] }).more[0]).toBe('  no name; no type')
    expect(failure(400, ['no name', 'no type']).more.slice(0, 2)).toEqual(['  request  no name', '  request  no type'])
    expect(failure(500, 'upstream gone', { type: 'text/plain' }).more[0]).toBe('  upstream gone')
    expect(failure(500, '<html>x</html>', { type: 'text/html' }).more[0]).toMatch(/^HTTP 500/)
  })
})
